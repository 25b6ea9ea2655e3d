/** What limits count by: an IPv4 address itself; of IPv6 the /64, for a subscriber has all of its addresses (RFC 6177). */
export function networkOf(address: string): string {
  const [bare = ''] = address.split('%', 1)
  if (!bare.includes(':')) return bare
  const groups = groupsOf(bare)
  if (groups === undefined) return bare
  const [first = 0, second = 0, third = 0, fourth = 0, , mapped = 0, high = 0, low = 0] = groups
  // IPv4 as a socket of both families shows it: ::ffff:192.0.2.1 (RFC 4291, 2.5.5.2).
  if (mapped === 0xffff && groups.slice(0, 5).every((group) => group === 0))
    return [high >> 8, high & 255, low >> 8, low & 255].join('.')
  return `${[first, second, third, fourth].map((group) => group.toString(16)).join(':')}::/64`
}

/** The eight groups of an IPv6 address; `undefined` when it is none. */
function groupsOf(address: string): number[] | undefined {
  const [head = '', tail, ...more] = withoutDots(address).split('::')
  if (more.length > 0) return undefined
  const [before, after] = [partsOf(head), tail === undefined ? [] : partsOf(tail)]
  const missing = 8 - before.length - after.length
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined
  const groups = [...before, ...new Array<number>(missing).fill(0), ...after]
  return groups.every((group) => group >= 0 && group <= 0xffff) ? groups : undefined
}

function partsOf(text: string): number[] {
  return text === ''
    ? []
    : text.split(':').map((part) => (/^[\da-f]{1,4}$/i.test(part) ? Number.parseInt(part, 16) : -1))
}

/** The dotted end of ::ffff:192.0.2.1 as two groups. */
function withoutDots(address: string): string {
  return address.replace(/(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/, (_all, ...bytes: string[]) => {
    const [a = 0, b = 0, c = 0, d = 0] = bytes.slice(0, 4).map(Number)
    return `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`
  })
}
