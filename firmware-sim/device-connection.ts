import mqtt, { type MqttClient } from 'mqtt'
import { deviceTopic } from '../contract/topics.ts'
import type { FleetDevice } from './fleet-device.ts'
import type { Random } from './random.ts'

/** What all connections of a simulator have in common. */
export interface ConnectionGround {
  url: string
  topicRoot: string
  now: () => number
  /** Calls once at a moment. */
  at: (dueMs: number, action: () => void) => void
  counters: Counters
  /** Told of each connection that was refused or failed. */
  failed: (deviceId: string, error: Error) => void
}

export interface Counters {
  connected: number
  /** Readings measured. */
  measured: number
  /** Readings handed to the broker, each once. */
  published: number
  /** Readings handed over again after a lost connection. */
  resent: number
  /** Readings for which a PUBACK came. */
  acknowledged: number
  /** Readings that fell out of a full backlog. */
  dropped: number
  /** Connections refused, or lost before they stood. */
  failed: number
}

export interface DeviceConnection {
  /** Sends a payload, now or when there is network; kept until it is acknowledged. */
  send: (payload: string) => void
  /** Network and power, or not. Without, it goes without goodbye. */
  setNetwork: (up: boolean) => void
  /** Payloads not acknowledged yet. */
  waiting: () => number
  /** Says goodbye, within three seconds. Resolves when the connection is closed. */
  close: () => Promise<void>
}

interface Entry {
  payload: string
  sentBefore: boolean
}

/** Of a bus at 5 s these are 80 minutes. */
const backlogEntries = 1000
/** Messages under way at once; further readings wait, and go together in one message. */
const messagesInFlight = 10
const readingsPerMessage = 200
const bytesPerMessage = 60_000
const firstRetryMs = 1000
const longestRetryMs = 30_000
const connectTimeoutMs = 15_000
const keepaliveS = 60
const goodbyeMs = 3000

/**
 * One device on a real MQTT 3.1.1 connection: Will, retained status, QoS 1, a bounded backlog that is sent again until
 * it is acknowledged, and reconnection with full jitter. Every connection is a new client, so nothing of a broken one
 * is left.
 */
export function createDeviceConnection(
  { device, key, random }: { device: FleetDevice; key: string | undefined; random: Random },
  ground: ConnectionGround,
): DeviceConnection {
  const { counters } = ground
  const topicOf = (channel: string) =>
    deviceTopic(ground.topicRoot, { kind: device.kind, deviceId: device.id, channel })
  const telemetryTopic = topicOf('telemetry')
  const statusTopic = topicOf('status')
  let backlog: Entry[] = []
  let inFlight: Entry[][] = []
  let client: MqttClient | undefined
  let up = false
  let wanted = false
  let attempts = 0

  function open() {
    if (!wanted || client !== undefined) return
    const opened = mqtt.connect(ground.url, {
      protocolVersion: 4,
      clientId: device.id,
      clean: true,
      keepalive: keepaliveS,
      // Ours, because the library's own retries have no jitter.
      reconnectPeriod: 0,
      connectTimeout: connectTimeoutMs,
      ...(key === undefined ? {} : { username: device.id, password: key }),
      will: { topic: statusTopic, payload: '{"status":"offline","reason":"will"}', qos: 1, retain: true },
    })
    client = opened
    opened.on('connect', () => {
      if (client === opened) onUp(opened)
    })
    opened.on('error', (error) => {
      if (client !== opened) return
      ground.failed(device.id, error)
      if (!up) onDown(opened)
    })
    opened.on('close', () => {
      if (client === opened) onDown(opened)
    })
  }

  function onUp(opened: MqttClient) {
    up = true
    attempts = 0
    counters.connected += 1
    opened.publish(statusTopic, '{"status":"online"}', { qos: 1, retain: true })
    flush()
  }

  function onDown(closed: MqttClient) {
    client = undefined
    closed.end(true)
    if (up) counters.connected -= 1
    else if (wanted) counters.failed += 1
    up = false
    backlog = [...inFlight.flat(), ...backlog]
    inFlight = []
    if (!wanted) return
    const most = Math.min(longestRetryMs, firstRetryMs * 2 ** attempts)
    attempts += 1
    ground.at(ground.now() + random() * most, open)
  }

  function flush() {
    while (up && backlog.length > 0 && inFlight.length < messagesInFlight) {
      const batch = nextBatch(backlog)
      backlog = backlog.slice(batch.length)
      inFlight.push(batch)
      publish(batch)
    }
  }

  function publish(batch: Entry[]) {
    for (const entry of batch) {
      counters[entry.sentBefore ? 'resent' : 'published'] += 1
      entry.sentBefore = true
    }
    const payload =
      batch.length === 1 ? (batch[0]?.payload ?? '') : `[${batch.map((entry) => entry.payload).join(',')}]`
    client?.publish(telemetryTopic, payload, { qos: 1 }, (error) => {
      const place = inFlight.indexOf(batch)
      // A connection that broke has given its batches back already.
      if (error !== null && error !== undefined) return
      if (place === -1) return
      inFlight.splice(place, 1)
      counters.acknowledged += batch.length
      flush()
    })
  }

  return {
    send(payload) {
      counters.measured += 1
      backlog.push({ payload, sentBefore: false })
      while (backlog.length > backlogEntries) {
        backlog.shift()
        counters.dropped += 1
      }
      flush()
    },
    setNetwork(network) {
      if (network === wanted) return
      wanted = network
      if (network) ground.at(ground.now() + random() * firstRetryMs, open)
      else if (client !== undefined) onDown(client)
    },
    waiting: () => backlog.length + inFlight.reduce((sum, batch) => sum + batch.length, 0),
    async close() {
      wanted = false
      const closing = client
      if (closing === undefined) return
      if (!up) {
        onDown(closing)
        return
      }
      closing.publish(statusTopic, '{"status":"offline","reason":"stopped"}', { qos: 1, retain: true })
      client = undefined
      up = false
      counters.connected -= 1
      // Its end waits for acknowledgements, which a broker in trouble never sends.
      const ended = new Promise<void>((resolve) => closing.once('close', () => resolve()))
      const giveUp = setTimeout(() => closing.stream.destroy(), goodbyeMs)
      closing.end()
      await ended
      clearTimeout(giveUp)
    },
  }
}

/** The oldest entries that go into one message. What is no JSON object goes alone: it would spoil its neighbours. */
function nextBatch(backlog: readonly Entry[]): Entry[] {
  const batch: Entry[] = []
  let bytes = 0
  for (const entry of backlog.slice(0, readingsPerMessage)) {
    bytes += entry.payload.length + 1
    const alone = !isObject(entry.payload)
    if (batch.length > 0 && (alone || bytes > bytesPerMessage)) break
    batch.push(entry)
    if (alone) break
  }
  return batch
}

function isObject(payload: string): boolean {
  return payload.startsWith('{') && payload.endsWith('}')
}
