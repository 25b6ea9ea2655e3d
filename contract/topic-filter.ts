/** Topic filters of MQTT 3.1.1 (section 4.7), for those who may subscribe to more than a topic of their own. */

/** Most bytes of a filter (UTF-8). */
export const maxFilterBytes = 128
/** Most filters of one token. */
export const maxTokenFilters = 16

/** Of all topics of devices: their kinds, ids and channels, and the root. */
const filterPattern = /^[a-z0-9+#/-]+$/

/** Why a text is no filter beneath the topic root, where that is given, in a sentence; `undefined`: it is one. */
export function filterFault(filter: string, root: string | undefined): string | undefined {
  if (filter.length > maxFilterBytes) return `A filter has at most ${maxFilterBytes} bytes.`
  if (filter.startsWith('$')) return 'Filters that begin with "$" ($share, $SYS) are not offered.'
  if (!filterPattern.test(filter)) return 'Topics here have a-z, 0-9, "-" and "/" only, a filter "+" and "#" besides.'
  const levels = filter.split('/')
  if (levels.includes('')) return 'No level of a filter is empty.'
  const isBroken = (level: string, n: number) =>
    level.length > 1 ? /[+#]/.test(level) : level === '#' && n !== levels.length - 1
  if (levels.some(isBroken)) return '"+" and "#" stand alone in their level, "#" in the last one only.'
  return root === undefined || filter.startsWith(`${root}/`) ? undefined : `A filter begins with "${root}/".`
}

/** Whether every topic that `filter` can match is matched by `by` too. Both are filters that `filterFault` has found right. */
export function coversFilter(by: string, filter: string): boolean {
  const wide = by.split('/')
  const narrow = filter.split('/')
  for (const [n, level] of wide.entries()) {
    // "a/#" matches "a" too (4.7.1.2).
    if (level === '#') return narrow.length >= n
    const other = narrow[n]
    if (other === undefined || other === '#') return false
    if (level !== '+' && level !== other) return false
  }
  return wide.length === narrow.length
}
