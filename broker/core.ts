import { Aedes, type AedesOptions } from 'aedes'
import mqttPacket from 'mqtt-packet'
import type { ServiceStore } from '../contract/ports/credentials.ts'
import { hourMs } from '../contract/time.ts'
import { createConnectHandler } from './auth/connect-handler.ts'
import { createHookGuard } from './auth/hook-guard.ts'
import { watchRevocations } from './auth/revocation.ts'
import { createSignInThrottle } from './auth/sign-in-throttle.ts'
import { createSignIns, type SignIns } from './auth/sign-ins.ts'
import { createTakeovers } from './auth/takeovers.ts'
import { type CommandSender, createCommandSender } from './commands/command-sender.ts'
import { type Accept, createConnections } from './connections.ts'
import { createRefusals, type Refusals } from './inbound/refusals.ts'
import { openKeptDevices } from './kept-devices.ts'
import { createLinkJournal } from './link-journal.ts'
import type { BrokerLimits, CoreOptions } from './options.ts'
import { createPublishing } from './publishing.ts'
import { createServices, type Services } from './services/services.ts'
import type { SessionStore } from './sessions/session-store.ts'
import { createLiveSessions, type LiveSessions } from './sessions/sessions.ts'

/** The broker without its sockets. */
export interface BrokerCore {
  aedes: Aedes
  accept: Accept
  refusals: Refusals
  sessions: LiveSessions
  signIns: SignIns
  commands: CommandSender
  services: Services
  /** Session, waiting commands and retained status of a device; its live connection is not touched. */
  forgetDevice(deviceId: string): void
  /** Devices of which something is kept beyond their connection. */
  keptDevices(): string[]
  /** Devices of which anything is in memory: at most those that are registered, since a removed one is forgotten. */
  rememberedDevices(): string[]
  close(): Promise<void>
}

const connectTimeoutMs = 5000
const sweepMs = 5000

/** Where no service may listen. */
const nobody: ServiceStore = {
  verify: async () => undefined,
  find: async () => undefined,
  ended: async (credentials) => [...credentials],
  watch: () => () => undefined,
}

// It would keep a Buffer for each of the 65,536 packet identifiers: 8 MB.
mqttPacket.writeToStream.cacheNumbers = false

function createAedes(hooks: Partial<AedesOptions>, store: SessionStore, limits: BrokerLimits): Promise<Aedes> {
  return Aedes.createBroker({
    concurrency: 0,
    connectTimeout: connectTimeoutMs,
    drainTimeout: 2000,
    maxClientsIdLength: limits.clientIdBytes,
    persistence: store,
    ...hooks,
  })
}

export async function startBrokerCore(options: CoreOptions): Promise<BrokerCore> {
  const { topicRoot, limits, journal, credentials, requireCertificate, log } = options
  const { services: serviceStore = nobody, followStates = () => () => undefined } = options
  const refusals = createRefusals(Date.now)
  const guard = createHookGuard({ refusals, log })
  const recordLink = createLinkJournal({ journal, log })
  const sessions = createLiveSessions({
    root: topicRoot,
    recordLink,
    lastWords: (session) => publishing.publishWill(session),
  })
  const kept = openKeptDevices({ ...options, refusals })
  const { store } = kept
  const takeovers = createTakeovers({
    perMinute: limits.takeoversPerMinute,
    now: () => performance.now(),
    told: (deviceId, fighting) => recordLink(deviceId, { event: fighting ? 'duplicate' : 'duplicate-over' }),
  })
  const signIns = createSignIns()
  const services = createServices({
    topicRoot,
    limits,
    store: serviceStore,
    followStates,
    left: store.left,
    refusals,
    guard,
    log,
  })
  const connections = createConnections({
    limits,
    sessions,
    services,
    refusals,
    rateLimitOf: kept.rateLimitOf,
    ended: store.end,
    guard,
    log,
  })
  const revocation = watchRevocations({
    credentials,
    sessions,
    kept: kept.credentials,
    forget: kept.forget,
    log,
  })
  const admission = createConnectHandler({
    topicRoot,
    limits,
    credentials,
    requireCertificate,
    sessions,
    store,
    takeovers,
    throttle: createSignInThrottle(limits.failedLoginsPerMinute, () => performance.now()),
    refusals,
    guard,
    addressOf: connections.addressOf,
    silentMs: connections.silentMs,
    tlsOf: connections.tlsOf,
    revocation,
    admitting: kept.admitting,
    admitted(client, credential) {
      kept.admitted(credential)
      signIns.note(credential, Date.now())
      connections.settle(client, credential.deviceId)
    },
    services: serviceStore,
    admitService(client, asked) {
      const opened = services.open(client, { ...asked, address: connections.addressOf(client) })
      if ('refused' in opened) return opened.refused
      connections.serve(client, opened)
      return undefined
    },
    log,
  })
  const publishing = createPublishing({ journal, sessions, store, refusals, guard, heard: services.publish })
  const aedes = await createAedes({ ...admission, ...publishing.hooks }, store, limits)
  connections.follow(aedes)
  const commands = createCommandSender({ aedes, topicRoot, sessions, store, now: Date.now })
  const sweeping = setInterval(takeovers.sweep, sweepMs).unref()
  const expire = () => store.expire((deviceId) => sessions.ofDevice(deviceId) !== undefined)
  const expiring = setInterval(expire, hourMs).unref()
  expire()
  // Keys may have been taken back while nobody watched.
  revocation.refresh()
  recordLink('', { event: 'broker-started' })

  return {
    aedes,
    accept: connections.accept,
    refusals,
    sessions,
    signIns,
    commands,
    services,
    forgetDevice: kept.forget,
    keptDevices: () => store.credentials().map(({ deviceId }) => deviceId),
    rememberedDevices: kept.remembered,
    async close() {
      clearInterval(sweeping)
      clearInterval(expiring)
      revocation.stop()
      services.stop()
      for (const session of sessions.all()) session.endReason = 'broker-closed'
      await new Promise<void>((resolve) => {
        aedes.close(() => resolve())
      })
      await store.close()
      await journal.close()
    },
  }
}
