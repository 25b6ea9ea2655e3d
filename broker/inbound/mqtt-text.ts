import { isUtf8 } from 'node:buffer'

/** Strings of MQTT as bytes: two bytes of length, then UTF-8 (section 1.5.3). */

/** Offset behind the field that begins at `at`, or -1 where it does not fit before `end`. */
export function fieldEnd(bytes: Buffer, at: number, end: number): number {
  if (at + 2 > end) return -1
  const next = at + 2 + bytes.readUInt16BE(at)
  return next > end ? -1 : next
}

const controls = /[\p{Cc}\p{Noncharacter_Code_Point}]/u

/**
 * Well-formed UTF-8 without surrogates [MQTT-1.5.3-1] and without U+0000 [MQTT-1.5.3-2]. Control characters and
 * noncharacters are refused too, which the same section allows: they have no place in a name, and in a log they do harm.
 * U+FEFF is a character like any other [MQTT-1.5.3-3].
 */
export function isText(bytes: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at += 1) {
    const byte = bytes[at] ?? 0
    if (byte < 0x20 || byte === 0x7f) return false
    if (byte >= 0x80) return isUnicodeText(bytes.subarray(start, end))
  }
  return true
}

function isUnicodeText(bytes: Buffer): boolean {
  return isUtf8(bytes) && !controls.test(bytes.toString())
}

const slash = 0x2f
const plus = 0x2b
const hash = 0x23

/** Topic names carry no wildcards [MQTT-3.3.2-2] and at least one character [MQTT-4.7.3-1]. */
export function isTopicName(bytes: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at += 1) if (bytes[at] === plus || bytes[at] === hash) return false
  return end > start && isText(bytes, start, end)
}

/** Wildcards of a filter stand alone in their level, `#` in the last one [MQTT-4.7.1-2], [MQTT-4.7.1-3]. */
export function isTopicFilter(bytes: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at += 1) {
    const byte = bytes[at]
    if (byte !== plus && byte !== hash) continue
    const beginsLevel = at === start || bytes[at - 1] === slash
    const endsLevel = at + 1 === end || (byte === plus && bytes[at + 1] === slash)
    if (!beginsLevel || !endsLevel) return false
  }
  return end > start && isText(bytes, start, end)
}

/** Levels of a topic: one more than it has slashes. */
export function countLevels(bytes: Buffer, start: number, end: number): number {
  let levels = 1
  for (let at = start; at < end; at += 1) if (bytes[at] === slash) levels += 1
  return levels
}
