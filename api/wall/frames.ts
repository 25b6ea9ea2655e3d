import { Buffer } from 'node:buffer'
import type { DeviceView } from '../../contract/devices.ts'
import { wallNamespace } from '../../contract/live.ts'
import type { City, CityChanges } from '../city.ts'

/** A frame as it goes out: to all screens that are in step, the same one. */
export interface Frame {
  /** Socket.IO's own text form (socket.io-protocol v5: type, namespace, acknowledgement id, JSON). */
  text: string
  /** For Engine.IO's `wsPreEncodedFrame`, with which Socket.IO itself broadcasts: one buffer for any number of screens. */
  webSocketFrame: Buffer[]
}

const eventType = 2
const ackType = 3
/** Engine.IO's packet type of a message. */
const messageType = 4

/** The screen's acknowledgement names the number of the frame. */
export function deltaFrame(seq: number, at: string, tail: string): Frame {
  return frameOf(`${eventType}${wallNamespace},${seq}["delta",{"seq":${seq},"at":"${at}",${tail}}]`)
}

export function deltaTail({ changes, removed }: CityChanges): string {
  const gone = removed.length === 0 ? '' : `,"removed":${JSON.stringify(removed)}`
  return `"changes":${JSON.stringify(changes)}${gone}`
}

export function snapshotFrame(seq: number, at: string, devices: readonly DeviceView[]): Frame {
  return frameOf(`${eventType}${wallNamespace},["snapshot",${JSON.stringify({ seq, at, devices })}]`)
}

function frameOf(text: string): Frame {
  const payload = Buffer.from(`${messageType}${text}`)
  return { text, webSocketFrame: [textFrameHead(payload.length), payload] }
}

/** RFC 6455, 5.2: a final text frame of a server, which does not mask. */
function textFrameHead(length: number): Buffer {
  const finalText = 0x81
  if (length < 126) return Buffer.from([finalText, length])
  if (length < 65_536) return Buffer.from([finalText, 126, length >> 8, length & 0xff])
  const head = Buffer.alloc(10)
  head.writeUInt8(finalText, 0)
  head.writeUInt8(127, 1)
  head.writeBigUInt64BE(BigInt(length), 2)
  return head
}

const ackPattern = new RegExp(`^${ackType}${wallNamespace},(\\d{1,15})\\[`)

/** Number of the frame that this message acknowledges; `undefined` for any other message. */
export function acknowledged(message: unknown): number | undefined {
  if (typeof message !== 'string' || !message.startsWith(`${ackType}${wallNamespace}`)) return undefined
  const number = ackPattern.exec(message)?.[1]
  return number === undefined ? undefined : Number(number)
}

/** What happened up to one moment, with its frames: each is encoded when the first screen needs it, and once. */
export interface Tick {
  /** Number of the newest delta of all. */
  seq: number
  at: string
  changes: CityChanges
  /** The changes as they stand in a frame. */
  tail(): string
  delta(): Frame
  /** All devices, as of this tick or a little later. */
  snapshot(): Frame
}

export function createTick(seq: number, at: string, changes: CityChanges, city: City): Tick {
  const tail = once(() => deltaTail(changes))
  return {
    seq,
    at,
    changes,
    tail,
    delta: once(() => deltaFrame(seq, at, tail())),
    snapshot: once(() => snapshotFrame(seq, at, [...city.views()])),
  }
}

function once<T>(make: () => T): () => T {
  let made: { it: T } | undefined
  return () => {
    made ??= { it: make() }
    return made.it
  }
}
