import { checkConnect } from './connect-check.ts'
import type { FrameCutter } from './frame-cutter.ts'
import { countLevels, fieldEnd, isTopicFilter, isTopicName } from './mqtt-text.ts'
import { malformed, type Violation, violation } from './violation.ts'

/** Control packet types (table 2.1 of MQTT 3.1.1), the high half of the first byte. */
export const packetTypes = {
  connect: 1,
  publish: 3,
  puback: 4,
  pubrec: 5,
  pubrel: 6,
  pubcomp: 7,
  subscribe: 8,
  unsubscribe: 10,
  pingreq: 12,
  disconnect: 14,
} as const

/** Those that are of QoS 1 themselves. */
const acknowledged: ReadonlySet<number> = new Set([packetTypes.pubrel, packetTypes.subscribe, packetTypes.unsubscribe])

export interface TextLimits {
  topicBytes: number
  topicLevels: number
  clientIdBytes: number
}

type Frame = Pick<FrameCutter, 'bytes' | 'start' | 'body' | 'end'>
type Check = (frame: Frame, limits: TextLimits) => Violation | undefined

/**
 * Looks at every byte of a packet that the specification says something about, before the parser sees it.
 * @param isVersion31 of the connection that it came over.
 */
export function checkPacket(frame: Frame, limits: TextLimits, isVersion31 = false): Violation | undefined {
  const first = isVersion31 ? clearUnused(frame) : frame.bytes.readUInt8(frame.start)
  const type = first >> 4
  if (type === packetTypes.publish) return checkPublish(frame, limits)
  // Its version says what its flags mean.
  if (type === packetTypes.connect) return checkConnect(frame, limits)
  const check = checks[type]
  if (check === undefined) return malformed('MQTT-2.2.1: no packet of this type goes to a server')
  if ((first & 0x0f) !== (acknowledged.has(type) ? 2 : 0)) return malformed('MQTT-2.2.2-2: reserved flags')
  return check(frame, limits)
}

/**
 * Flags of the fixed header that MQTT 3.1 does not use say nothing there (its sections 2.1 and 3.4 to 3.14); whoever parses
 * them next is stricter. Returns the byte without them.
 */
function clearUnused({ bytes, start }: Frame): number {
  const first = bytes.readUInt8(start)
  const used = first & (0xf0 | usedFlags31(first))
  bytes[start] = used
  return used
}

/** What is sent again may say so where it has a QoS; of the other packets but PUBLISH none retains. */
function usedFlags31(first: number): number {
  const type = first >> 4
  if (type === packetTypes.publish) return (first & 6) === 0 ? 7 : 15
  return acknowledged.has(type) ? 6 : 0
}

/** Most bytes and levels of a topic; no honest device comes near. */
function checkSize(bytes: Buffer, start: number, end: number, limits: TextLimits): Violation | undefined {
  if (end - start > limits.topicBytes) return violation('topic-too-long', `topic of ${end - start} bytes`)
  if (countLevels(bytes, start, end) > limits.topicLevels)
    return violation('topic-too-deep', 'topic of too many levels')
  return undefined
}

function checkPublish({ bytes, start, body, end }: Frame, limits: TextLimits): Violation | undefined {
  const first = bytes.readUInt8(start)
  const qos = (first >> 1) & 3
  if (qos === 3) return malformed('MQTT-3.3.1-4: QoS 3')
  if (qos === 0 && (first & 8) !== 0) return malformed('MQTT-3.3.1-2: DUP with QoS 0')
  const topicEnd = fieldEnd(bytes, body, end)
  if (topicEnd < 0) return malformed('MQTT-3.3.2-1: topic')
  if (!isTopicName(bytes, body + 2, topicEnd))
    return violation('malformed-text', 'MQTT-1.5.3, MQTT-3.3.2-2: topic name')
  if (qos > 0 && !hasPacketId(bytes, topicEnd, end)) return malformed('MQTT-2.3.1-1: packet identifier')
  return checkSize(bytes, body + 2, topicEnd, limits)
}

function hasPacketId(bytes: Buffer, at: number, end: number): boolean {
  return at + 2 <= end && bytes.readUInt16BE(at) !== 0
}

/** Nothing but a packet identifier. */
function checkAcknowledgement({ bytes, body, end }: Frame): Violation | undefined {
  return end - body === 2 && hasPacketId(bytes, body, end) ? undefined : malformed('MQTT-2.3.1: acknowledgement')
}

function checkEmpty({ body, end }: Frame): Violation | undefined {
  return body === end ? undefined : malformed('MQTT-3.12, MQTT-3.14: nothing follows the fixed header')
}

/** @param optionBytes behind each filter: 1 for SUBSCRIBE, 0 for UNSUBSCRIBE. */
function checkFilters({ bytes, body, end }: Frame, limits: TextLimits, optionBytes: 0 | 1): Violation | undefined {
  if (!hasPacketId(bytes, body, end)) return malformed('MQTT-2.3.1-1: packet identifier')
  let at = body + 2
  if (at === end) return malformed('MQTT-3.8.3-3, MQTT-3.10.3-2: no topic filter')
  while (at < end) {
    const filterEnd = fieldEnd(bytes, at, end)
    if (filterEnd < 0 || filterEnd + optionBytes > end) return malformed('MQTT-3.8.3, MQTT-3.10.3: topic filter')
    const found = checkFilter(bytes, at + 2, filterEnd, limits)
    if (found !== undefined) return found
    if (optionBytes === 1 && bytes.readUInt8(filterEnd) > 2) return malformed('MQTT-3.8.3-4: requested QoS')
    at = filterEnd + optionBytes
  }
  return undefined
}

function checkFilter(bytes: Buffer, start: number, end: number, limits: TextLimits): Violation | undefined {
  if (!isTopicFilter(bytes, start, end)) return violation('malformed-text', 'MQTT-1.5.3, MQTT-4.7.1: filter')
  return checkSize(bytes, start, end, limits)
}

const checks: Partial<Record<number, Check>> = {
  [packetTypes.puback]: checkAcknowledgement,
  [packetTypes.pubrec]: checkAcknowledgement,
  [packetTypes.pubrel]: checkAcknowledgement,
  [packetTypes.pubcomp]: checkAcknowledgement,
  [packetTypes.subscribe]: (frame, limits) => checkFilters(frame, limits, 1),
  [packetTypes.unsubscribe]: (frame, limits) => checkFilters(frame, limits, 0),
  [packetTypes.pingreq]: checkEmpty,
  [packetTypes.disconnect]: checkEmpty,
}
