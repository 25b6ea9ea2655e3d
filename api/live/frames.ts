import { Buffer } from 'node:buffer'
import type { DeviceView } from '../../contract/http/devices.ts'
import { wallNamespace } from '../../contract/live.ts'
import type { City } from './city.ts'
import type { CityTexts } from './city-texts.ts'
import type { CityChanges } from './pending-changes.ts'

/** A frame as it goes out: to all clients that are in step, the same one. */
export interface Frame {
  /** Socket.IO's own text form (socket.io-protocol v5: type, namespace, acknowledgement id, JSON), made when it is read. */
  readonly text: string
  /** As it goes over the wire. */
  readonly bytes: number
  /** For Engine.IO's `wsPreEncodedFrame`, with which Socket.IO itself broadcasts: one buffer for any number of clients. */
  webSocketFrame: Buffer[]
}

const eventType = 2
const ackType = 3
/** Engine.IO's packet type of a message. */
const messageType = 4

/** The client's acknowledgement names the number of the frame. */
export function deltaFrame(seq: number, at: string, tail: string): Frame {
  return frameOf(`${eventType}${wallNamespace},${seq}["delta",{"seq":${seq},"at":"${at}",${tail}}]`)
}

export function deltaTail({ changes, removed }: CityChanges, texts: Pick<CityTexts, 'ofChange'>): string {
  const gone = removed.length === 0 ? '' : `,"removed":${JSON.stringify(removed)}`
  return `"changes":[${changes.map(texts.ofChange).join(',')}]${gone}`
}

/** `devices`: parts of a JSON list. */
export function snapshotFrame(seq: number, at: string, devices: readonly Buffer[]): Frame {
  const head = `${messageType}${eventType}${wallNamespace},["snapshot",{"seq":${seq},"at":"${at}","devices":`
  return frameOfBytes(Buffer.concat([Buffer.from(head), ...devices, Buffer.from('}]')]))
}

/** Any other event. */
export function eventFrame(name: string, told: unknown): Frame {
  return frameOf(`${eventType}${wallNamespace},${JSON.stringify([name, told])}`)
}

function frameOf(text: string): Frame {
  return frameOfBytes(Buffer.from(`${messageType}${text}`))
}

function frameOfBytes(payload: Buffer): Frame {
  return {
    get text() {
      return payload.toString('utf8', 1)
    },
    bytes: payload.length,
    webSocketFrame: [textFrameHead(payload.length), payload],
  }
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

/** What happened up to one moment, with its frames: each is encoded when the first client needs it, and once. */
export interface Tick {
  /** Number of the newest delta of all. */
  seq: number
  at: string
  changes: CityChanges
  /** The changes as they stand in a frame. */
  tail(): string
  delta(): Frame
  /** All devices, as of this tick or a little later; `undefined`: not yet, ask again. */
  snapshot(): Frame | undefined
  /** The same of a part, under a number of its own. */
  partialSnapshot(seq: number, views: Iterable<DeviceView>): Frame | undefined
  /** Changes of one client's own, as they stand in a frame. */
  tailOf(changes: CityChanges): string
}

export interface TickParts {
  city: Pick<City, 'views'>
  texts: CityTexts
}

export function createTick(seq: number, at: string, changes: CityChanges, { city, texts }: TickParts): Tick {
  texts.told(changes)
  const tailOf = (of: CityChanges) => deltaTail(of, texts)
  const tail = once(() => tailOf(changes))
  function partialSnapshot(number: number, views: Iterable<DeviceView>): Frame | undefined {
    const devices = texts.listOf(views)
    return devices === undefined ? undefined : snapshotFrame(number, at, devices)
  }
  let whole: Frame | undefined
  return {
    seq,
    at,
    changes,
    tail,
    delta: once(() => deltaFrame(seq, at, tail())),
    snapshot() {
      whole ??= partialSnapshot(seq, city.views())
      return whole
    },
    partialSnapshot,
    tailOf,
  }
}

function once<T>(make: () => T): () => T {
  let made: { it: T } | undefined
  return () => {
    made ??= { it: make() }
    return made.it
  }
}
