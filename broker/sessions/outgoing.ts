import { isOver } from '../commands/command-payload.ts'
import type { RefusalReason } from '../inbound/refusals.ts'

/** A message as Aedes hands it over, or the PUBREL that took its place, which has neither topic nor payload. */
export interface Queued {
  cmd: string
  brokerId: string
  brokerCounter: number
  topic: string
  payload?: Buffer
  qos: number
  retain: boolean
  dup: boolean
  messageId?: number | undefined
}

/** One that waits, with its number in the queue. */
interface Waiting {
  n: number
  packet: Queued
}

/** Messages to one device that it has not acknowledged, in order; bounded. */
export interface Outgoing {
  enqueue(packet: Queued, qos: number): void
  /** It was sent under a number, or its PUBREL was. Throws where the device acknowledged it wrongly. */
  update(packet: Queued): void
  /** The device has it (PUBACK, PUBCOMP), or may not have it. Throws where the device acknowledged it wrongly. */
  settle(packet: Pick<Queued, 'cmd' | 'messageId'>): Queued | undefined
  /**
   * What is to be sent on a new connection; commands whose time is over are let go. A message that is sent again says so
   * [MQTT-3.3.1-1], and neither a new one nor a PUBREL does [MQTT-3.6.1-1].
   */
  list(): Queued[]
  /** The very same message waits for its acknowledgement. */
  holds(payload: Buffer): boolean
  /** Number of the newest that was sent. */
  lastId(): number | undefined
  clear(): void
}

export interface OutgoingParts {
  limits: { queueMessages: number; queueBytes: number }
  /** Of all devices. */
  room: { bytes: number }
  refused: (reason: RefusalReason) => void
  /** Keeps one of the queue, or lets it go. */
  keep: (n: number, form: string | undefined) => void
  now: () => number
}

/** Payloads that wait for all devices together; past it a device gives up its oldest for its newest. */
export const maxWaitingBytes = 64 * 1024 * 1024

export function createOutgoing(
  { limits, room, refused, keep, now }: OutgoingParts,
  kept: readonly Waiting[],
): Outgoing {
  const queue: Waiting[] = [...kept]
  let bytes = 0
  let lastN = kept.at(-1)?.n ?? 0
  for (const { packet } of queue) count(sizeOf(packet))

  function count(change: number): void {
    bytes += change
    room.bytes += change
  }

  function drop(index: number): Queued | undefined {
    const [gone] = queue.splice(index, 1)
    if (gone === undefined) return undefined
    count(-sizeOf(gone.packet))
    keep(gone.n, undefined)
    return gone.packet
  }

  function isTooMuch(): boolean {
    return queue.length > limits.queueMessages || bytes > limits.queueBytes || room.bytes > maxWaitingBytes
  }

  /** [MQTT-4.8.0-1]: what is no answer to what was sent ends the connection. */
  function wrong(cmd: string): Error {
    refused('protocol-error')
    return new Error(`${cmd} does not answer what was sent`)
  }

  function toRelease(waiting: Waiting): void {
    const { packet } = waiting
    if (packet.cmd !== 'pubrel' && packet.qos !== 2) throw wrong('PUBREC')
    count(-sizeOf(packet))
    waiting.packet = { ...packet, cmd: 'pubrel', topic: '', qos: 0 }
    delete waiting.packet.payload
    keep(waiting.n, formOf(waiting.packet))
  }

  const byId = (messageId: number | undefined) =>
    messageId === undefined ? -1 : queue.findIndex(({ packet }) => packet.messageId === messageId)

  return {
    enqueue(packet, qos) {
      lastN += 1
      const waiting = { n: lastN, packet: copyOf(packet, qos) }
      queue.push(waiting)
      count(sizeOf(packet))
      keep(lastN, formOf(waiting.packet))
      while (queue.length > 0 && isTooMuch()) {
        drop(0)
        refused('queue-full')
      }
    },
    update(packet) {
      const sent = queue.find((one) => isSame(one.packet, packet))
      const index = byId(packet.messageId)
      const released = queue[index]
      // The oldest was dropped while it was under way: nothing to keep, and nothing wrong.
      if (packet.cmd === 'pubrel') return released && toRelease(released)
      if (sent === undefined || sent.packet.messageId === packet.messageId) return
      sent.packet.messageId = packet.messageId
      keep(sent.n, formOf(sent.packet))
    },
    settle({ cmd, messageId }) {
      const index = byId(messageId)
      const packet = queue[index]?.packet
      if (packet === undefined) return undefined
      if (cmd === 'puback' && (packet.cmd !== 'publish' || packet.qos !== 1)) throw wrong('PUBACK')
      if (cmd === 'pubcomp' && packet.cmd !== 'pubrel') throw wrong('PUBCOMP')
      return drop(index)
    },
    holds: (payload) => queue.some(({ packet }) => packet.payload?.equals(payload) === true),
    list() {
      for (let at = queue.length - 1; at >= 0; at -= 1) if (isOver(queue[at]?.packet.payload, now())) drop(at)
      for (const { packet } of queue) packet.dup = packet.cmd === 'publish' && packet.messageId !== undefined
      return queue.map(({ packet }) => packet)
    },
    lastId: () => queue.findLast(({ packet }) => packet.messageId !== undefined)?.packet.messageId,
    clear() {
      while (queue.length > 0) drop(queue.length - 1)
    },
  }
}

function isSame(one: Queued, other: Queued): boolean {
  return one.cmd === other.cmd && one.brokerId === other.brokerId && one.brokerCounter === other.brokerCounter
}

/** The payload is a view of what was read from a socket; kept, it would keep all of that. */
export function copyOf(packet: Queued, maxQos = 2): Queued {
  const { cmd, brokerId, brokerCounter, topic, retain, dup } = packet
  const qos = Math.min(packet.qos, maxQos)
  return { cmd, brokerId, brokerCounter, topic, payload: Buffer.from(packet.payload ?? ''), qos, retain, dup }
}

export function sizeOf(packet: Queued | undefined): number {
  return packet?.payload?.length ?? 0
}

export function formOf({ payload, ...packet }: Queued): string {
  return JSON.stringify({ ...packet, payload: payload?.toString('base64') })
}

/** What `formOf` made. */
export function queuedOf(form: string): Queued {
  const { payload, ...packet } = JSON.parse(form)
  return { ...packet, ...(payload !== undefined && { payload: Buffer.from(payload, 'base64') }) }
}
