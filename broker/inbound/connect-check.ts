import type { FrameCutter } from './frame-cutter.ts'
import { fieldEnd, isText, isTopicName } from './mqtt-text.ts'
import { malformed, type Violation, violation } from './violation.ts'

const reserved = 0x01
const cleanSession = 0x02
const willFlag = 0x04
const willQos = 0x18
const willRetain = 0x20
const passwordFlag = 0x40
const userNameFlag = 0x80

/** Protocol names with their levels: 3.1.1 and 3.1. */
const levels: Record<string, number> = { MQTT: 4, MQIsdp: 3 }

interface ConnectLimits {
  clientIdBytes: number
}

type Frame = Pick<FrameCutter, 'bytes' | 'start' | 'body' | 'end'>
type Payload = Pick<Frame, 'bytes' | 'body' | 'end'>

/** Section 3.1. Its level comes first: what follows has another form in other versions. */
export function checkConnect({ bytes, start, body, end }: Frame, limits: ConnectLimits): Violation | undefined {
  const nameEnd = fieldEnd(bytes, body, end)
  if (nameEnd < 0 || nameEnd + 4 > end) return malformed('MQTT-3.1.2: CONNECT is too short')
  const name = bytes.toString('latin1', body + 2, nameEnd)
  if (!Object.hasOwn(levels, name)) return malformed('MQTT-3.1.2-1: protocol name')
  const level = bytes[nameEnd]
  const isVersion31 = name === 'MQIsdp' && level === levels.MQIsdp
  const payload = { bytes, body: nameEnd + 4, end }
  if (isVersion31) clearUnused(payload, start)
  if ((bytes.readUInt8(start) & 0x0f) !== 0) return malformed('MQTT-2.2.2-2: reserved flags')
  if (name === 'MQTT' && level === 5)
    return { ...violation('mqtt-5', 'MQTT-3.1.2-2: protocol level', 1), clientId: clientIdOf5(payload) }
  if (level !== levels[name]) return violation('protocol-version', 'MQTT-3.1.2-2: protocol level', 1)
  if (isVersion31 && hasNoClientId(payload)) return noClientId
  const flags = bytes.readUInt8(flagsOf(payload))
  return checkFlags(flags) ?? checkPayload(payload, flags, limits)
}

const noClientId = violation('bad-client-id', 'MQTT 3.1: the client id has at least one character', 2)

function hasNoClientId({ bytes, body, end }: Payload): boolean {
  return body + 2 <= end && bytes.readUInt16BE(body) === 0
}

/** Of a CONNECT that `checkConnect` has found right. */
export function speaksVersion31({ bytes, body }: Payload): boolean {
  return bytes.readUInt16BE(body) === 'MQIsdp'.length
}

/** Behind them there is the keepalive only. */
function flagsOf({ body }: Payload): number {
  return body - 3
}

/**
 * To MQTT 3.1 the flags of the fixed header are unused, the reserved bit, and those of a Will that is not there. User name
 * and password may be announced and missing (its section 3.1: the remaining length takes precedence over their flags).
 * Whoever parses it next is stricter.
 */
function clearUnused(payload: Payload, start: number): void {
  const { bytes } = payload
  const at = flagsOf(payload)
  bytes[start] = bytes.readUInt8(start) & 0xf0
  const flags = bytes.readUInt8(at) & ~reserved
  const hasWill = (flags & willFlag) !== 0
  const missing = (hasWill ? 5 : 3) - countFields(payload)
  const unused =
    (hasWill ? 0 : willQos | willRetain) | (missing > 0 ? passwordFlag : 0) | (missing > 1 ? userNameFlag : 0)
  bytes[at] = flags & ~unused
}

/** One that does not fit counts. */
function countFields({ bytes, body, end }: Payload): number {
  let count = 0
  for (let at = body; at >= 0 && at < end; at = fieldEnd(bytes, at, end)) count += 1
  return count
}

function checkFlags(flags: number): Violation | undefined {
  if ((flags & reserved) !== 0) return malformed('MQTT-3.1.2-3: reserved flag')
  if ((flags & willFlag) === 0 && (flags & (willQos | willRetain)) !== 0)
    return malformed('MQTT-3.1.2-11: QoS or retain of a Will that is not there')
  if ((flags & willQos) === willQos) return malformed('MQTT-3.1.2-14: QoS 3 of the Will')
  if ((flags & userNameFlag) === 0 && (flags & passwordFlag) !== 0)
    return malformed('MQTT-3.1.2-22: password without user name')
  return undefined
}

/** The fields that the flags announce, in the order of [MQTT-3.1.3-1]. */
const optionalFields = [
  { flag: willFlag, name: 'Will topic', fits: isTopicName },
  { flag: willFlag, name: 'Will message', fits: () => true },
  { flag: userNameFlag, name: 'user name', fits: isText },
  { flag: passwordFlag, name: 'password', fits: () => true },
] as const

/** Client id, then what the flags announce, and nothing behind it. */
function checkPayload({ bytes, body, end }: Payload, flags: number, limits: ConnectLimits): Violation | undefined {
  const idEnd = fieldEnd(bytes, body, end)
  if (idEnd < 0) return malformed('MQTT-3.1.3-3: client id')
  if (!isText(bytes, body + 2, idEnd)) return violation('malformed-text', 'MQTT-3.1.3-4: client id')
  let at = idEnd
  for (const { flag, name, fits } of optionalFields) {
    if ((flags & flag) === 0) continue
    const next = fieldEnd(bytes, at, end)
    if (next < 0) return malformed(`MQTT-3.1.2: ${name}`)
    if (!fits(bytes, at + 2, next)) return violation('malformed-text', `MQTT-3.1.3: ${name}`)
    at = next
  }
  if (at !== end) return malformed('MQTT-3.1.3-1: bytes behind the last field')
  return checkClientId(idEnd - body - 2, flags, limits)
}

function checkClientId(bytes: number, flags: number, { clientIdBytes }: ConnectLimits): Violation | undefined {
  if (bytes > clientIdBytes) return violation('bad-client-id', 'MQTT-3.1.3-9: client id too long', 2)
  if (bytes > 0 || (flags & cleanSession) !== 0) return undefined
  return violation('bad-client-id', 'MQTT-3.1.3-8: a session needs a client id', 2)
}

/** The client id of an MQTT 5 CONNECT, behind its properties; empty where it cannot be read. */
function clientIdOf5({ bytes, body, end }: Payload): string {
  const idAt = body + 1 + (bytes[body] ?? 0)
  const idEnd = fieldEnd(bytes, idAt, end)
  // Properties of more than 127 bytes have a length of two; such a client is counted without its id.
  return (bytes[body] ?? 0) > 127 || idEnd < 0 ? '' : bytes.toString('utf8', idAt + 2, idEnd)
}
