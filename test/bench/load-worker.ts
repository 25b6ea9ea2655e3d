import { connect, type Socket } from 'node:net'
import { connectFrame, publishFrame } from './mqtt-frames.ts'

/** What one run of load is to be. */
export interface LoadOrder {
  host: string
  port: number
  devices: { id: string; key: string; topic: string }[]
  /** Messages a second over all devices; 0: as fast as acknowledgements come back. */
  rate: number
  seconds: number
  /** Seconds at the beginning whose latencies do not count: code is compiled, tables are made. */
  warmUpS: number
  /** Most unacknowledged messages of one connection. */
  window: number
}

export interface LoadResult {
  sent: number
  acked: number
  /** First publish to last acknowledgement. */
  elapsedMs: number
  pubackMs: { p50: number; p99: number; max: number }
  firstMs: number
}

interface Connection {
  socket: Socket
  topic: string
  /** The device's places, one after the other, as they stand in its payload. */
  places: readonly string[]
  nextId: number
  sentAt: Float64Array
  inFlight: number
  seq: number
  lastTs: number
}

/** Spread over the city, each device some metres about a place of its own: a fleet on one spot would be no map. */
function placesOf(n: number): string[] {
  const [lat, lon] = [3.56 + ((n * 37) % 900) / 10_000, 98.44 + ((n * 53) % 900) / 10_000]
  return Array.from(
    { length: 8 },
    (_, i) => `"lat":${(lat + i / 20_000).toFixed(5)},"lon":${(lon + i / 20_000).toFixed(5)}`,
  )
}

/**
 * Raw MQTT 3.1.1 publishers in a process of their own, encoded by hand: a client library would be the slowest part of
 * what is measured. QoS 1; every acknowledgement is timed.
 */
function run(order: LoadOrder, report: (result: LoadResult) => void): void {
  const latencies: number[] = []
  let sent = 0
  let acked = 0
  let ready = 0
  let running = false
  let lastAckMs = 0
  const startedAt = { ms: 0 }
  const connections: Connection[] = []

  function publishOne(connection: Connection): void {
    const id = connection.nextId
    connection.nextId = id === 65_535 ? 1 : id + 1
    connection.seq += 1
    // A device's own clock: never the same moment twice, or a later message would replace the one before.
    const ts = Math.max(Date.now(), connection.lastTs + 1)
    connection.lastTs = ts
    const payload = `{"ts":${ts},${connection.places[connection.seq % connection.places.length]},"speed_kmh":${connection.seq % 80}.5,"heading_deg":90,"odometer_km":${1000 + connection.seq},"supply_v":27.4,"passengers":12,"seq":${connection.seq}}`
    const frame = publishFrame(connection.topic, id, payload)
    connection.sentAt[id] = performance.now()
    connection.inFlight += 1
    sent += 1
    connection.socket.write(frame)
  }

  /** PUBACKs of 4 bytes each; returns how many. */
  function takeAcknowledgements(connection: Connection, data: Buffer, now: number): number {
    const counts = now > startedAt.ms + order.warmUpS * 1000
    let got = 0
    for (let at = 0; at < data.length && data[at] === 0x40; at += 4) {
      const sentMs = connection.sentAt[data.readUInt16BE(at + 2)] ?? now
      if (counts) latencies.push(now - sentMs)
      got += 1
    }
    return got
  }

  function onData(connection: Connection, data: Buffer): void {
    const now = performance.now()
    const got = takeAcknowledgements(connection, data, now)
    acked += got
    connection.inFlight -= got
    lastAckMs = now
    if (order.rate !== 0 || !running) return
    connection.socket.cork()
    while (connection.inFlight < order.window) publishOne(connection)
    connection.socket.uncork()
  }

  function open(device: LoadOrder['devices'][number]): void {
    const socket = connect({ host: order.host, port: order.port, noDelay: true })
    const connection: Connection = {
      socket,
      topic: device.topic,
      places: placesOf(connections.length),
      nextId: 1,
      sentAt: new Float64Array(65_536),
      inFlight: 0,
      seq: 0,
      lastTs: 0,
    }
    connections.push(connection)
    socket.once('data', (connack) => {
      if (connack[3] !== 0) throw new Error(`${device.id} was refused: ${connack[3]}`)
      let rest = Buffer.alloc(0)
      socket.on('data', (chunk) => {
        const data = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
        const whole = data.length - (data.length % 4)
        rest = data.subarray(whole)
        onData(connection, data.subarray(0, whole))
      })
      ready += 1
      if (ready === order.devices.length) start()
    })
    socket.write(connectFrame(device))
  }

  /** All are connected; the load begins when the parent says so. */
  function start(): void {
    process.send?.('connected')
    process.once('message', begin)
  }

  function begin(): void {
    running = true
    startedAt.ms = performance.now()
    if (order.rate === 0)
      for (const connection of connections) while (connection.inFlight < order.window) publishOne(connection)
    else pace()
    setTimeout(stop, order.seconds * 1000)
  }

  function pace(): void {
    let next = 0
    const timer = setInterval(() => {
      if (!running) return clearInterval(timer)
      const due = Math.floor(((performance.now() - startedAt.ms) / 1000) * order.rate)
      while (sent < due) {
        const connection = connections[next % connections.length]
        next += 1
        if (connection !== undefined) publishOne(connection)
      }
    }, 2)
  }

  function stop(): void {
    running = false
    const deadline = Date.now() + 20_000
    const wait = setInterval(() => {
      if (acked < sent && Date.now() < deadline) return
      clearInterval(wait)
      for (const { socket } of connections) socket.destroy()
      latencies.sort((a, b) => a - b)
      const at = (share: number) => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? 0
      report({
        sent,
        acked,
        elapsedMs: lastAckMs - startedAt.ms,
        pubackMs: { p50: at(0.5), p99: at(0.99), max: at(1) },
        firstMs: performance.timeOrigin + startedAt.ms,
      })
    }, 20)
  }

  for (const device of order.devices) open(device)
}

process.once('message', (order: LoadOrder) => {
  run(order, (result) => {
    process.send?.(result)
    process.disconnect()
  })
})
