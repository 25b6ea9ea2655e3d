import { findJsonFault } from '../../contract/json/json-fault.ts'
import { scanJson } from '../../contract/json/json-scan.ts'
import { type RejectReason, readingLimits } from '../../contract/reading.ts'

/** A value out of what came from outside, or why there is none. */
export type Parsed<T> = { ok: true; value: T } | { ok: false; reason: RejectReason; detail: string }

export function refusal(reason: RejectReason, detail: string): Parsed<never> {
  return { ok: false, reason, detail }
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** Parses text as JSON, after a look at its depth. Its words name places in the payload, and quote nothing of it. */
export function parseJson(
  payload: Uint8Array,
  maxLevels: number = readingLimits.jsonDepth,
  { depth } = scanJson(payload),
): Parsed<unknown> {
  if (depth > maxLevels) return refusal('too-deep', `${depth} levels, at most ${maxLevels}`)
  const text = decodeText(payload)
  if (text === undefined) return refusal('not-utf8', encodingFault(payload))
  try {
    return { ok: true, value: JSON.parse(text) }
  } catch {
    return refusal('not-json', jsonFault(text))
  }
}

/** The text without its byte order mark; `undefined`: it is not UTF-8. */
export function decodeText(payload: Uint8Array): string | undefined {
  try {
    return utf8.decode(payload)
  } catch {
    return undefined
  }
}

function encodingFault([first, second]: Uint8Array): string {
  const isUtf16 = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)
  return isUtf16 ? 'the payload is UTF-16 text, not UTF-8' : 'the payload is not UTF-8 text'
}

function jsonFault(text: string): string {
  const at = findJsonFault(text) ?? 0
  if (at >= text.length) return text.length === 0 ? 'the payload is empty' : `it ends after ${at} characters, too early`
  const isNul = text[at] === '\0'
  return `character ${at + 1} of ${text.length} ${isNul ? 'is a NUL' : 'cannot stand there'}`
}
