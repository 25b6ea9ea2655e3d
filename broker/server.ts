import { manualChannel } from '../contract/manual.ts'
import { isLoopback } from '../contract/net/loopback.ts'
import type { BrokerStatus, ManualMessage } from '../contract/ports/control.ts'
import { deviceTopic } from '../contract/topics.ts'
import { openControl } from './control.ts'
import { startBrokerCore } from './core.ts'
import { createConnectionLimiter } from './inbound/connection-limiter.ts'
import { openListeners } from './listeners.ts'
import type { BrokerOptions, RunningBroker } from './options.ts'

export type { BrokerOptions, RunningBroker } from './options.ts'

/** Longest silence of the journal while the broker runs, about. The api's canary comes each second. */
const beatMs = 1500

/** The MQTT door. A PUBACK or PUBREC leaves only after the journal's sync: it is called back from `authorizePublish`. */
export async function startBroker(options: BrokerOptions): Promise<RunningBroker> {
  const { host, limits, journal, log } = options
  const core = await startBrokerCore({ ...options, requireCertificate: options.tls?.requireCertificate ?? false })
  const { accept, refusals, sessions, services, signIns, commands } = core
  const connectionLimiter = createConnectionLimiter({
    limits: { ...limits, connections: options.maxConnections ?? Number.POSITIVE_INFINITY },
    refused: refusals.count,
  })
  let mqtt: BrokerStatus['mqtt'] = null
  const status = (): BrokerStatus => ({
    connected: sessions.size,
    refused: refusals.totals(),
    refusedClients: refusals.clients(),
    services: services.status(),
    journal: journal.status(),
    open: !isLoopback(host),
    mqtt,
    tls: options.tls?.source.status() ?? null,
  })
  let canaryAtMs = performance.now()
  const nothing = { type: 'canary', principal: '', topic: '', qos: 0, dup: false, readings: 0 } as const
  const canary = (done: (error?: Error) => void) => {
    canaryAtMs = performance.now()
    journal.append({ ...nothing, receivedAtMs: Date.now(), payload: new Uint8Array() }, done)
  }
  const enter = ({ deviceId, kind, actor, payload }: ManualMessage, done: (error?: Error) => void) => {
    const topic = deviceTopic(options.topicRoot, { kind, deviceId, channel: manualChannel })
    const manual = { type: 'manual', principal: actor, topic, qos: 1, dup: false, readings: 1 } as const
    journal.append({ ...manual, receivedAtMs: Date.now(), payload: Buffer.from(payload) }, done)
  }
  // The clock of all that follows from the journal is its newest entry: it may not stand still while there is no api.
  const beat = setInterval(() => {
    if (performance.now() - canaryAtMs > beatMs) canary(() => undefined)
  }, beatMs)
  const control = await openControl({
    socketPath: options.socketPath,
    status,
    signIns,
    commands,
    connectionLimiter,
    accept,
    canary,
    enter,
  })
  const shared = { connectionLimiter, accept, refusals, log }
  const listeners = await openListeners({ host, port: options.port, tls: options.tls, ...shared })
  const { port, tlsPort } = listeners
  mqtt = { port, tlsPort: tlsPort ?? null, topicRoot: options.topicRoot }
  log.info({ host, port, tlsPort }, 'broker listens')

  return {
    port,
    tlsPort,
    async close() {
      clearInterval(beat)
      listeners.close()
      control.closeAllConnections()
      control.close()
      await core.close()
    },
  }
}
