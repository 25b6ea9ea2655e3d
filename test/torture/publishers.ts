import { connect, type Socket } from 'node:net'
import { connectFrame, publishFrame } from '../bench/mqtt-frames.ts'
import type { TestDevice } from '../support/system/whole-system.ts'

/** Devices that publish with QoS 1 as fast as they are acknowledged, and come back whenever they are thrown out. */
export interface Publishers {
  /** Moments (ms) that were acknowledged, by device. */
  acknowledged(): Map<string, number[]>
  acknowledgedCount(): number
  /** ms (performance.now) of the last acknowledgement. */
  lastAckMs(): number
  connected(): number
  /** Connections that ended without our doing. */
  breaks(): number
  /** No more messages; resolves when nothing is unacknowledged any more. */
  stop(): Promise<void>
}

interface PublisherOptions {
  host?: string
  port: number
  devices: readonly TestDevice[]
  /** Unacknowledged messages of one connection. */
  window: number
  /** Messages a second of one device; as fast as possible when absent. */
  ratePerS?: number
  /** Moment of the first message, ms. */
  firstMs: number
  onAck?: (latencyMs: number) => void
}

const reconnectMs = 20

/**
 * Each message has a moment of its own, so that (device, moment) names it in every store. What is not acknowledged when
 * a connection ends is sent again first, as [MQTT-4.4.0-1] asks of a client; it may then be a duplicate.
 */
export function startPublishers(options: PublisherOptions): Publishers {
  const all = options.devices.map((device) => startPublisher(device, options))
  return {
    acknowledged: () => new Map(all.map(({ id, acked }) => [id, acked])),
    acknowledgedCount: () => all.reduce((sum, { acked }) => sum + acked.length, 0),
    lastAckMs: () => Math.max(...all.map((one) => one.lastAckMs())),
    connected: () => all.filter((one) => one.isConnected()).length,
    breaks: () => all.reduce((sum, one) => sum + one.breaks(), 0),
    async stop() {
      await Promise.all(all.map((one) => one.stop()))
    },
  }
}

function startPublisher(
  device: TestDevice,
  { host = '127.0.0.1', port, window, ratePerS, firstMs, onAck }: PublisherOptions,
) {
  const acked: number[] = []
  const unacked = new Map<number, { ts: number; sentMs: number }>()
  const startedMs = performance.now()
  let socket: Socket | undefined
  let accepted = false
  let nextId = 1
  let sent = 0
  let again: number[] = []
  let lastAckMs = 0
  let breaks = 0
  let stopping = false
  let timer: NodeJS.Timeout | undefined
  const { promise: stopped, resolve: resolveStopped } = Promise.withResolvers<void>()

  function mayPublish(): boolean {
    if (!accepted || unacked.size >= window) return false
    if (again.length > 0) return true
    if (stopping) return false
    return ratePerS === undefined || sent < ((performance.now() - startedMs) / 1000) * ratePerS
  }

  function publish(): void {
    socket?.cork()
    while (mayPublish()) {
      const ts = again.shift() ?? firstMs + sent++
      const packetId = nextId
      nextId = nextId === 65_535 ? 1 : nextId + 1
      unacked.set(packetId, { ts, sentMs: performance.now() })
      const payload = `{"ts":${ts},"lat":3.6001,"lon":98.4854,"speed_kmh":${ts % 80},"odometer_km":${ts % 1_000_000}}`
      socket?.write(publishFrame(device.topic, packetId, payload))
    }
    socket?.uncork()
    if (stopping && unacked.size === 0 && again.length === 0) end()
  }

  function take(data: Buffer): void {
    const now = performance.now()
    for (let at = 0; at + 4 <= data.length; at += 4) {
      const packetId = data.readUInt16BE(at + 2)
      const message = unacked.get(packetId)
      if (data[at] !== 0x40 || message === undefined) continue
      unacked.delete(packetId)
      acked.push(message.ts)
      onAck?.(now - message.sentMs)
      lastAckMs = now
    }
    publish()
  }

  function open(): void {
    let rest = Buffer.alloc(0)
    const mine = connect({ host, port, noDelay: true })
    socket = mine
    mine.on('error', () => undefined)
    mine.write(connectFrame(device))
    mine.on('data', (chunk) => {
      const data: Buffer = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
      const whole = data.length - (data.length % 4)
      rest = Buffer.from(data.subarray(whole))
      const isConnack = !accepted && data[0] === 0x20
      if (isConnack) accepted = data[3] === 0
      take(data.subarray(isConnack ? 4 : 0, whole))
    })
    mine.on('close', () => {
      if (accepted) breaks += 1
      accepted = false
      again = [...[...unacked.values()].map(({ ts }) => ts), ...again]
      unacked.clear()
      if (socket === mine) timer = setTimeout(open, reconnectMs)
    })
  }

  function end(): void {
    clearTimeout(timer)
    clearInterval(pacer)
    const last = socket
    socket = undefined
    last?.destroy()
    resolveStopped()
  }

  const pacer = setInterval(publish, 5)
  open()
  return {
    id: device.id,
    acked,
    lastAckMs: () => lastAckMs,
    breaks: () => breaks,
    isConnected: () => accepted,
    stop() {
      stopping = true
      publish()
      return stopped
    },
  }
}
