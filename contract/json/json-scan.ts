/** One pass over JSON text as bytes, before anything parses it. */
export interface JsonScan {
  /** Deepest nesting of arrays and objects; 0 for a bare value. */
  depth: number
  /** Members of all objects, each as often as it is written; only of JSON. */
  members: number
}

const quote = 0x22
const backslash = 0x5c
const colon = 0x3a
const openBracket = 0x5b
const closeBracket = 0x5d
const openBrace = 0x7b
const closeBrace = 0x7d

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09
}

/** Offset behind the string that begins at `at`. */
function skipString(bytes: Uint8Array, at: number): number {
  let next = at + 1
  while (next < bytes.length && bytes[next] !== quote) next += bytes[next] === backslash ? 2 : 1
  return next + 1
}

/** +1 for a bracket or brace that opens, -1 for one that closes, 0 for anything else. */
function nesting(byte: number): number {
  if (byte === openBracket || byte === openBrace) return 1
  return byte === closeBracket || byte === closeBrace ? -1 : 0
}

/** Offset of the text itself: what some systems write before it to say that it is UTF-8 is no part of it. */
function firstByte(bytes: Uint8Array): number {
  let at = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0
  while (at < bytes.length && isSpace(bytes[at] ?? 0)) at += 1
  return at
}

/**
 * Looks at a text without building anything: a hostile one cannot cost more than its length. It does not validate;
 * `JSON.parse` does that afterwards.
 */
export function scanJson(bytes: Uint8Array): JsonScan {
  let depth = 0
  let deepest = 0
  let members = 0
  let at = firstByte(bytes)
  while (at < bytes.length) {
    const byte = bytes[at] ?? 0
    depth += nesting(byte)
    deepest = Math.max(deepest, depth)
    if (byte === colon) members += 1
    at = byte === quote ? skipString(bytes, at) : at + 1
  }
  return { depth: deepest, members }
}

/** Members of all objects in a value, as `JsonScan.members` counts them in its text. */
export function countMembers(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  const inner: unknown[] = Array.isArray(value) ? value : Object.values(value)
  return inner.reduce<number>((sum, one) => sum + countMembers(one), Array.isArray(value) ? 0 : inner.length)
}

export function isArrayText(bytes: Uint8Array): boolean {
  return bytes[firstByte(bytes)] === openBracket
}
