import mqtt, { type MqttClient } from 'mqtt'
import { deviceTopic } from '../contract/topics.ts'
import { createDeviceBacklog, payloadOf, type ReadingCounters } from './device-backlog.ts'
import { createDeviceCommands } from './device-commands.ts'
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

export interface Counters extends ReadingCounters {
  connected: number
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
  const commands = createDeviceCommands({ device, random, ...ground })
  const backlog = createDeviceBacklog(counters)
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
    opened.on('message', (_topic, payload) => commands.hear(payload, tellResult))
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
    opened.subscribe(topicOf('command'), { qos: 1 })
    flush()
  }

  function tellResult(result: string) {
    if (up) client?.publish(topicOf('command-result'), result, { qos: 1 })
  }

  function onDown(closed: MqttClient) {
    client = undefined
    closed.end(true)
    if (up) counters.connected -= 1
    else if (wanted) counters.failed += 1
    up = false
    backlog.giveBack()
    if (!wanted) return
    const most = Math.min(longestRetryMs, firstRetryMs * 2 ** attempts)
    attempts += 1
    ground.at(ground.now() + random() * most, open)
  }

  function flush() {
    while (up) {
      const message = backlog.next()
      if (message === undefined) return
      client?.publish(telemetryTopic, payloadOf(message), { qos: 1 }, (error) => {
        // A connection that broke has given its messages back already.
        if (error !== null && error !== undefined) return
        if (backlog.acknowledged(message)) flush()
      })
    }
  }

  return {
    send(payload) {
      backlog.add(payload)
      flush()
    },
    setNetwork(network) {
      if (network === wanted) return
      wanted = network
      if (network) ground.at(ground.now() + random() * firstRetryMs, open)
      else if (client !== undefined) onDown(client)
    },
    waiting: backlog.size,
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
