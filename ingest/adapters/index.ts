import { scanJson } from '../../contract/json-scan.ts'
import { type Reading, type RejectReason, readingLimits, statusMessageSchema } from '../../contract/reading.ts'
import { type DeviceTopic, parseDeviceTopic } from '../../contract/topics.ts'
import { type Parsed, parseReading } from './native.ts'

/** What a format must remember between two messages (partial updates, aliases); its shape is the format's own. */
export type AdapterState = Map<string, unknown>

export interface NormalizeContext {
  /** IANA zone for naive local times of foreign formats. */
  siteTimeZone: string
  topicRoot?: string
  /** Our clock at the door, ms; now when absent. */
  receivedAt?: number
  state?: AdapterState
  /** Told of each part that is not a reading. `part` is the element of an array, absent for the whole message. */
  refuse?: (reason: RejectReason, detail: string, part?: unknown) => void
  /** Told of a key that was left out because it is no number. */
  ignored?: (key: string) => void
}

const utf8 = new TextDecoder('utf-8', { fatal: true })
const statusWords = /^\s*(online|offline|disabled)\s*$/

/**
 * The one entry from bytes to readings: what a message says of which devices at which moments. Pure but for
 * `context.state`; never throws. `[]` with a call of `refuse` for what is not a reading.
 */
export function normalize(topic: string, payload: Uint8Array, context: NormalizeContext): Reading[] {
  const target = parseDeviceTopic(context.topicRoot ?? 'binjai/v1', topic)
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
  ignored?: ((key: string) => void) | undefined
}

/** Text to JSON, with depth looked at first. */
export function parseJson(payload: Uint8Array): Parsed<unknown> {
  const { depth } = scanJson(payload)
  if (depth > readingLimits.jsonDepth) {
    return { ok: false, reason: 'too-deep', detail: `${depth} levels, at most ${readingLimits.jsonDepth}` }
  }
  const text = decode(payload)
  if (text === undefined) return { ok: false, reason: 'not-utf8', detail: 'the payload is not UTF-8 text' }
  try {
    return { ok: true, value: JSON.parse(text) }
  } catch (error) {
    return { ok: false, reason: 'not-json', detail: error instanceof Error ? error.message : 'not JSON' }
  }
}

function decode(payload: Uint8Array): string | undefined {
  try {
    return utf8.decode(payload)
  } catch {
    return undefined
  }
}

function telemetry({ deviceId, kind }: DeviceTopic, payload: Uint8Array, door: Door): Reading[] {
  const parts = parseParts(payload)
  if (!parts.ok) {
    door.refuse(parts.reason, parts.detail)
    return []
  }
  const { list, isArray } = parts.value
  const from = { deviceId, kind, receivedAt: door.receivedAt, ignored: door.ignored ?? (() => undefined) }
  const readings: Reading[] = []
  for (const part of list) {
    const parsed = checkSize(part, payload, isArray) ?? parseReading(part, from)
    if (parsed.ok) readings.push(parsed.value)
    else door.refuse(parsed.reason, parsed.detail, isArray ? part : undefined)
  }
  return readings
}

/** The readings of a message as JSON: one, or those of an array. */
function parseParts(payload: Uint8Array): Parsed<{ list: unknown[]; isArray: boolean }> {
  const json = parseJson(payload)
  if (!json.ok) return json
  if (!Array.isArray(json.value)) return { ok: true, value: { list: [json.value], isArray: false } }
  const list: unknown[] = json.value
  if (list.length > 0 && list.length <= readingLimits.readingsPerMessage)
    return { ok: true, value: { list, isArray: true } }
  const detail = `${list.length} readings in one message, 1 to ${readingLimits.readingsPerMessage} are taken`
  return { ok: false, reason: list.length === 0 ? 'empty' : 'too-many-readings', detail }
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
