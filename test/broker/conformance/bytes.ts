/** Packets byte by byte, right or wrong: nothing here checks anything. */

export type Text = string | Buffer

/** Two bytes of length, then the bytes. */
export function field(text: Text): Buffer {
  const bytes = Buffer.from(text)
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 255]), bytes])
}

export function hex(text: string): Buffer {
  return Buffer.from(text.replaceAll(' ', ''), 'hex')
}

function remainingLength(length: number): Buffer {
  const bytes: number[] = []
  let left = length
  do {
    bytes.push((left % 128) | (left > 127 ? 128 : 0))
    left = Math.floor(left / 128)
  } while (left > 0)
  return Buffer.from(bytes)
}

/** A whole packet: first byte, remaining length, body. */
export function packet(first: number, ...body: Buffer[]): Buffer {
  const bytes = Buffer.concat(body)
  return Buffer.concat([Buffer.from([first]), remainingLength(bytes.length), bytes])
}

export function number(value: number): Buffer {
  return Buffer.from([value >> 8, value & 255])
}

export interface ConnectParts {
  first?: number
  name?: Text
  level?: number
  /** Besides what follows from the fields. */
  moreFlags?: number
  clean?: boolean
  keepalive?: number
  clientId?: Text
  will?: { topic: Text; message?: Text; qos?: number; retain?: boolean }
  userName?: Text | undefined
  password?: Text | undefined
  trailing?: Buffer
}

function flagsOf({ clean = true, will, userName, password, moreFlags = 0 }: ConnectParts): number {
  const ofWill = will === undefined ? 0 : 4 | ((will.qos ?? 0) << 3) | (will.retain === true ? 32 : 0)
  const ofLogin = (password === undefined ? 0 : 64) | (userName === undefined ? 0 : 128)
  return (clean ? 2 : 0) | ofWill | ofLogin | moreFlags
}

export function connect(parts: ConnectParts): Buffer {
  const { first = 0x10, name = 'MQTT', level = 4, keepalive = 60, clientId = '', will, trailing } = parts
  const fields = [clientId, will?.topic, will === undefined ? undefined : (will.message ?? 'offline')]
  return packet(
    first,
    field(name),
    Buffer.from([level, flagsOf(parts)]),
    number(keepalive),
    ...[...fields, parts.userName, parts.password].flatMap((text) => (text === undefined ? [] : [field(text)])),
    trailing ?? Buffer.alloc(0),
  )
}

export function publish(topic: Text, { first = 0x30, id, payload = '{"speed_kmh":1}' }: PublishParts = {}): Buffer {
  return packet(first, field(topic), ...(id === undefined ? [] : [number(id)]), Buffer.from(payload))
}

interface PublishParts {
  first?: number
  id?: number
  payload?: Text
}

export function subscribe(id: number, filters: [Text, number][], first = 0x82): Buffer {
  return packet(first, number(id), ...filters.flatMap(([filter, qos]) => [field(filter), Buffer.from([qos])]))
}

export function unsubscribe(id: number, filters: Text[], first = 0xa2): Buffer {
  return packet(first, number(id), ...filters.map((filter) => field(filter)))
}

export const pingreq = hex('c0 00')
export const pingresp = hex('d0 00')
export const disconnect = hex('e0 00')
export const connack = (code = 0, present = 0) => Buffer.from([0x20, 2, present, code])
export const puback = (id: number) => packet(0x40, number(id))
export const pubrec = (id: number) => packet(0x50, number(id))
export const pubrel = (id: number) => packet(0x62, number(id))
export const pubcomp = (id: number) => packet(0x70, number(id))
export const suback = (id: number, ...codes: number[]) => packet(0x90, number(id), Buffer.from(codes))
export const unsuback = (id: number) => packet(0xb0, number(id))
