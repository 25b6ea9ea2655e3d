import { findJsonFault } from '../../contract/json-fault.ts'
import { countMembers, isArrayText, scanJson } from '../../contract/json-scan.ts'
import type { NameBook } from '../../contract/metric-names.ts'
import { type Reading, type RejectReason, readingLimits, statusMessageSchema } from '../../contract/reading.ts'
import { type DeviceTopic, parseDeviceTopic } from '../../contract/topics.ts'
import { type Parsed, parseReading } from './native.ts'

export interface NormalizeContext {
  topicRoot: string
  /** Our clock at the door, ms; now when absent. */
  receivedAt?: number
  /** Told of each part that is not a reading. `part` is the element of an array, absent for the whole message. */
  refuse?: (reason: RejectReason, detail: string, part?: unknown) => void
  /** Told of a key that was left out because it is no number, or of a key's earlier values where it stands more than once. */
  ignored?: (key: string, times?: number) => void
  /** What is known of the device's names; absent: nothing yet, and nothing is kept. */
  names?: NameBook
}

const utf8 = new TextDecoder('utf-8', { fatal: true })
const statusWords = /^\s*(online|offline|disabled)\s*$/

/**
 * The one entry from bytes to readings: what a message says of which devices at which moments. Pure;
 * never throws. `[]` with a call of `refuse` for what is not a reading.
 */
export function normalize(topic: string, payload: Uint8Array, context: NormalizeContext): Reading[] {
  const target = parseDeviceTopic(context.topicRoot, topic)
  const refuse = context.refuse ?? (() => undefined)
  if (target === undefined) {
    refuse('unknown-topic', 'the topic is none that is listened to')
    return []
  }
  const receivedAt = context.receivedAt ?? Date.now()
  if (target.channel === 'telemetry') return telemetry(target, payload, { ...context, receivedAt, refuse })
  if (target.channel === 'status') return status(target, payload, { receivedAt, refuse })
  return []
}

interface Door {
  receivedAt: number
  refuse: NonNullable<NormalizeContext['refuse']>
  ignored?: NormalizeContext['ignored']
  names?: NameBook | undefined
}

/** Text to JSON, with depth looked at first. Its words name places in the payload, and quote nothing of it. */
export function parseJson(
  payload: Uint8Array,
  maxLevels: number = readingLimits.jsonDepth,
  { depth } = scanJson(payload),
): Parsed<unknown> {
  if (depth > maxLevels) return { ok: false, reason: 'too-deep', detail: `${depth} levels, at most ${maxLevels}` }
  const text = decode(payload)
  if (text === undefined) return { ok: false, reason: 'not-utf8', detail: encodingFault(payload) }
  try {
    return { ok: true, value: JSON.parse(text) }
  } catch {
    return { ok: false, reason: 'not-json', detail: jsonFault(text) }
  }
}

function decode(payload: Uint8Array): string | undefined {
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

function telemetry({ deviceId, kind }: DeviceTopic, payload: Uint8Array, door: Door): Reading[] {
  const parts = parseParts(payload)
  if (!parts.ok) {
    door.refuse(parts.reason, parts.detail)
    return []
  }
  const { list, isArray, isDeep, repeated } = parts.value
  const { receivedAt, ignored = () => undefined, names = newBook() } = door
  const from = { deviceId, kind, receivedAt, ignored, names }
  const readings: Reading[] = []
  if (repeated > 0) ignored('', repeated)
  for (const part of list) {
    const parsed = checkPart(part, payload, { isArray, isDeep }) ?? parseReading(part, from)
    if (parsed.ok) readings.push(parsed.value)
    else door.refuse(parsed.reason, parsed.detail, isArray ? part : undefined)
  }
  return readings
}

function newBook(): NameBook {
  return { owners: {}, changed: () => undefined, isUsed: () => false }
}

interface Parts {
  list: unknown[]
  isArray: boolean
  /** Some part is too deep. */
  isDeep: boolean
  /** Members whose key came again in the same object: `JSON.parse` keeps the last (RFC 8259, 4, leaves it open). */
  repeated: number
}

/** The readings of a message as JSON: one, or those of an array. */
function parseParts(payload: Uint8Array): Parsed<Parts> {
  const scan = scanJson(payload)
  const json = parseJson(payload, isArrayText(payload) ? readingLimits.arrayDepth : readingLimits.jsonDepth, scan)
  if (!json.ok) return json
  const isDeep = scan.depth > readingLimits.jsonDepth
  const repeated = scan.members - countMembers(json.value)
  if (!Array.isArray(json.value)) return { ok: true, value: { list: [json.value], isArray: false, isDeep, repeated } }
  const list: unknown[] = json.value
  if (list.length > 0 && list.length <= readingLimits.readingsPerMessage)
    return { ok: true, value: { list, isArray: true, isDeep, repeated } }
  const detail = `${list.length} readings in one message, 1 to ${readingLimits.readingsPerMessage} are taken`
  return { ok: false, reason: list.length === 0 ? 'empty' : 'too-many-readings', detail }
}

/** What is too deep or too large is so by itself: its neighbours in the array are taken. */
function checkPart(
  part: unknown,
  payload: Uint8Array,
  { isArray, isDeep }: Pick<Parts, 'isArray' | 'isDeep'>,
): Parsed<never> | undefined {
  // The array is a level itself.
  if (isDeep && isDeeper(part, readingLimits.jsonDepth - 1)) {
    return { ok: false, reason: 'too-deep', detail: `more than ${readingLimits.jsonDepth} levels with its array` }
  }
  return checkSize(part, payload, isArray)
}

function isDeeper(part: unknown, levels: number): boolean {
  if (typeof part !== 'object' || part === null) return false
  return levels === 0 || Object.values(part).some((inner) => isDeeper(inner, levels - 1))
}

function checkSize(part: unknown, payload: Uint8Array, isArray: boolean): Parsed<never> | undefined {
  if (payload.length <= readingLimits.bytesPerReading) return undefined
  const bytes = isArray ? JSON.stringify(part).length : payload.length
  if (bytes <= readingLimits.bytesPerReading) return undefined
  return {
    ok: false,
    reason: 'too-large',
    detail: `${bytes} bytes, at most ${readingLimits.bytesPerReading} a reading`,
  }
}

function status({ deviceId, kind }: DeviceTopic, payload: Uint8Array, door: Door): Reading[] {
  const word = payload.length < 32 ? statusWords.exec(decode(payload) ?? '')?.[1] : undefined
  const json: Parsed<unknown> = word === undefined ? parseJson(payload) : { ok: true, value: word }
  const parsed = json.ok ? statusMessageSchema.safeParse(json.value) : undefined
  if (parsed?.success !== true) {
    door.refuse('invalid-status', 'status is online, offline or disabled, as a word or as {"status": …}')
    return []
  }
  const { status: said, reason } = parsed.data
  const reading: Reading = { deviceId, kind, ts: null, receivedAt: door.receivedAt, metrics: {}, status: said }
  if (reason !== undefined) reading.statusReason = reason
  return [reading]
}
