import { countMembers, isArrayText, scanJson } from '../../contract/json/json-scan.ts'
import { eventMessageSchema, type Reading, readingLimits, statusMessageSchema } from '../../contract/reading.ts'
import { parseDeviceTopic } from '../../contract/topics.ts'
import { parseReading } from './flat-reading.ts'
import type { Format, FormatContext, FormatMessage } from './format.ts'
import { decodeText, type Parsed, parseJson, refusal } from './json.ts'

/**
 * Our own format: `{root}/{kind}/{id}/{channel}` with flat JSON, `{"ts","lat","lon","seq", …metrics}` or an array of it,
 * `{"status"}` or the bare word, `{"type"}`.
 */
export const native: Format = {
  name: 'native',
  address: (topic, root) => parseDeviceTopic(root, topic),
  parse(message, context) {
    switch (message.channel) {
      case 'telemetry':
        return parseTelemetry(message, context)
      case 'status':
        return parseWhole(message, context, parseStatus)
      case 'event':
        return parseWhole(message, context, parseEvent)
      case 'command-result':
        return parseWhole(message, context, parseCommandResult)
      default:
        return []
    }
  },
}

const statusWords = /^\s*(online|offline|disabled)\s*$/

/** What a message says of something other than measurements. */
type Word = Pick<Reading, 'status' | 'statusReason' | 'event'>

/** A message that says one thing, or is refused whole. */
function parseWhole(
  { deviceId, kind, payload, receivedAtMs }: FormatMessage,
  context: FormatContext,
  parse: (payload: Uint8Array) => Parsed<Word>,
): Reading[] {
  const word = parse(payload)
  if (word.ok) return [{ deviceId, kind, ts: null, receivedAt: receivedAtMs, metrics: {}, ...word.value }]
  context.refuse(word.reason, word.detail)
  return []
}

function parseStatus(payload: Uint8Array): Parsed<Word> {
  const word = payload.length < 32 ? statusWords.exec(decodeText(payload) ?? '')?.[1] : undefined
  const json: Parsed<unknown> = word === undefined ? parseJson(payload) : { ok: true, value: word }
  const parsed = json.ok ? statusMessageSchema.safeParse(json.value) : undefined
  if (parsed?.success !== true)
    return refusal('invalid-status', 'status is online, offline or disabled, as a word or as {"status": …}')
  const { status, reason } = parsed.data
  return { ok: true, value: reason === undefined ? { status } : { status, statusReason: reason } }
}

function parseEvent(payload: Uint8Array): Parsed<Word> {
  const json = parseEventJson(payload)
  if (!json.ok) return json
  const event = eventMessageSchema.safeParse(json.value)
  return event.success
    ? { ok: true, value: { event: event.data.type } }
    : refusal('invalid-event', 'an event is {"type": …}')
}

function parseCommandResult(payload: Uint8Array): Parsed<Word> {
  const json = parseEventJson(payload)
  return json.ok ? { ok: true, value: { event: 'command-result' } } : json
}

function parseEventJson(payload: Uint8Array): Parsed<unknown> {
  return payload.length > readingLimits.bytesPerReading
    ? refusal('too-large', 'an event has at most 8 KiB')
    : parseJson(payload)
}

function parseTelemetry(message: FormatMessage, context: FormatContext): Reading[] {
  const { payload } = message
  const parts = parseParts(payload)
  if (!parts.ok) {
    context.refuse(parts.reason, parts.detail)
    return []
  }
  const { list, isArray, isDeep, repeated } = parts.value
  const readings: Reading[] = []
  if (repeated > 0) context.ignored('', repeated)
  for (const part of list) {
    const parsed = checkPart(part, payload, { isArray, isDeep }) ?? parseReading(part, message, context)
    if (parsed.ok) readings.push(parsed.value)
    else context.refuse(parsed.reason, parsed.detail, isArray ? part : undefined)
  }
  return readings
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
  return refusal(list.length === 0 ? 'empty' : 'too-many-readings', detail)
}

/** What is too deep or too large is so by itself: its neighbours in the array are taken. */
function checkPart(
  part: unknown,
  payload: Uint8Array,
  { isArray, isDeep }: Pick<Parts, 'isArray' | 'isDeep'>,
): Parsed<never> | undefined {
  // The array is a level itself.
  if (isDeep && isDeeper(part, readingLimits.jsonDepth - 1))
    return refusal('too-deep', `more than ${readingLimits.jsonDepth} levels with its array`)
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
  return refusal('too-large', `${bytes} bytes, at most ${readingLimits.bytesPerReading} a reading`)
}
