import { kinds, uplinkChannels } from './topics.ts'

/** Topic filters of MQTT 3.1.1 (section 4.7), for those who may subscribe to more than a topic of their own. */

/** Most bytes of a filter (UTF-8). */
export const maxFilterBytes = 128
/** Most filters of one token. */
export const maxTokenFilters = 16

/** Of all topics of devices: their kinds, ids and channels, and the root. */
const filterPattern = /^[a-z0-9+#/-]+$/

/** Levels behind the root that a subscriber may hear: what devices send, and what we tell of their states. */
const heard: readonly (readonly string[] | undefined)[] = [kinds, undefined, [...uplinkChannels, 'state']]

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
  if (root === undefined) return undefined
  if (!filter.startsWith(`${root}/`)) return `A filter begins with "${root}/".`
  return unheardFault(filter.slice(root.length + 1).split('/'))
}

/** A filter that no message can ever match is a mistake of whoever wrote it. */
function unheardFault(levels: readonly string[]): string | undefined {
  const named = levels.at(-1) === '#' ? levels.slice(0, -1) : levels
  const isOpen = named.length < levels.length
  if (named.length > heard.length || (named.length < heard.length && !isOpen))
    return 'Behind the root stand three levels, kind, device and channel, or "#" for the last of them.'
  const isUnheard = (level: string, n: number) => level !== '+' && heard[n]?.includes(level) === false
  const wrong = named.findIndex(isUnheard)
  if (wrong < 0) return undefined
  return `"${named[wrong]}" is not heard: a ${wrong === 0 ? 'kind' : 'channel'} is one of ${heard[wrong]?.join(', ')}.`
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
