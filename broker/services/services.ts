import type { Client } from 'aedes'
import type { Logger } from 'pino'
import type { ServicesStatus } from '../../contract/ports/control.ts'
import type { ServiceCredential, ServiceStore } from '../../contract/ports/credentials.ts'
import type { FollowStates } from '../../contract/ports/feed.ts'
import { inside } from '../aedes-inside.ts'
import type { HookGuard } from '../auth/hook-guard.ts'
import type { ServePacket } from '../inbound/gate.ts'
import { createRateLimits, type RateLimit } from '../inbound/rate-limit.ts'
import type { RefusalReason, Refusals } from '../inbound/refusals.ts'
import { createServiceHub, type HeardMessage, type ServiceHub } from './hub.ts'
import { createOwed, type Owed, type RetainedMessages } from './owed.ts'
import { servePackets } from './packets.ts'
import { watchServices } from './service-watch.ts'
import { createSubscriber, type Subscriber } from './subscriber.ts'
import { createToldStates, type ToldStates } from './told-states.ts'
import { createServiceTotals } from './totals.ts'
import { createWorkQueue } from './work-queue.ts'

/** Bounds of who listens; each is a setting (`runtime/limit-settings.ts`). */
export interface ServiceLimits {
  /** Connections of all services. */
  serviceConnections: number
  /** Connections of one token, each with a client id of its own. */
  connectionsPerService: number
  /** Of one connection. */
  serviceSubscriptions: number
  /** Memory of messages that wait for one connection. */
  serviceQueueBytes: number
}

export interface ServicesParts {
  topicRoot: string
  limits: ServiceLimits
  store: ServiceStore
  followStates: FollowStates
  left: RetainedMessages
  refusals: Refusals
  guard: HookGuard
  log: Logger
}

/** What a connection of a service is served with. */
export interface ServedConnection {
  rateLimit: RateLimit
  servePacket: ServePacket
}

/** Programs that listen, beside the sessions of devices. */
export interface Services {
  /** What the journal has. Costs nothing while nobody listens. */
  publish(message: HeardMessage): void
  /** Lets a connection in, which its token proved; or says why not. */
  open(client: Client, asked: { credential: ServiceCredential; clientId: string; address: string }): OpenedService
  /** Name of the token that a connection proved. */
  nameOf(client: Client): string | undefined
  /** Why its connection is about to end. */
  ending(client: Client, reason: string): void
  close(client: Client): void
  status(): ServicesStatus
  readonly size: number
  stop(): void
}

export type OpenedService = ServedConnection | { refused: RefusalReason }

/** Memory of all that waits, MiB-wise 128: past 32 connections each has a share of it in the place of its own limit. */
const maxWaitingBytesOfAll = 128 * 1024 * 1024
/** Packets of one connection: acknowledgements of what it hears, mostly. Bytes: SUBSCRIBE costs what it makes us look at. */
const packetRate = { messagesPerS: 50_000, messageBurst: 100_000, bytesPerS: 1024 * 1024, byteBurst: 4 * 1024 * 1024 }
/** Who took nothing for so long, though messages were dropped for it, is cut off. */
const stuckAfterMs = 60_000
const lookEveryMs = 1000

function isFull(hub: ServiceHub, limits: ServiceLimits, service: string): boolean {
  const ofToken = [...hub.all()].filter(({ credential }) => credential.service === service).length
  return hub.size >= limits.serviceConnections || ofToken >= limits.connectionsPerService
}

export function createServices(parts: ServicesParts): Services {
  const { topicRoot, limits, store, left, refusals, guard, log } = parts
  const byClient = new Map<Client, Subscriber>()
  const totals = createServiceTotals(Date.now)
  const turns = createWorkQueue(guard)
  const owed: Owed = createOwed({ topicRoot, left, hub: () => hub, states: () => states, guard, turns })
  const hub: ServiceHub = createServiceHub({ topicRoot, guard, outdates: owed.outdates })
  const states: ToldStates = openToldStates(parts, owed, hub)
  const watch = watchServices({ store, connections: hub.all, cut, log })
  let looking: NodeJS.Timeout | undefined
  let connections = 0

  function cut(subscriber: Subscriber, reason: string): void {
    subscriber.endReason ??= reason
    subscriber.client.conn.destroy()
  }

  function look(): void {
    const nowMs = performance.now()
    for (const subscriber of hub.all()) {
      if (subscriber.stuckMs(nowMs) < stuckAfterMs) continue
      refusals.count('not-reading', whoIs(subscriber))
      cut(subscriber, 'error: not-reading')
    }
    owed.tidy()
  }

  function takeOver(service: string, clientId: string): void {
    for (const other of hub.all()) {
      if (other.credential.service !== service || other.clientId !== clientId || clientId === '') continue
      other.endReason ??= 'taken-over'
      close(other.client)
      other.client.conn.destroy()
    }
  }

  const subscribed = () => states.want(hub.asksStates)

  function close(client: Client): void {
    const subscriber = byClient.get(client)
    if (subscriber === undefined) return
    byClient.delete(client)
    hub.remove(subscriber)
    subscriber.dropped += subscriber.waiting
    totals.ended(subscriber)
    subscribed()
    const { service } = subscriber.credential
    log.info({ service, reason: subscriber.endReason ?? 'closed' }, 'a service is connected no more')
    if (hub.size > 0) return
    clearInterval(looking)
    looking = undefined
    owed.clear()
    watch.pause()
  }

  return {
    publish(message) {
      if (hub.size > 0) hub.publish(message)
    },

    open(client, { credential, clientId, address }) {
      takeOver(credential.service, clientId)
      if (isFull(hub, limits, credential.service)) return { refused: 'too-many-services' }
      connections += 1
      // No device has a name with a colon.
      client.id = `service:${connections}`
      inside(client).clean = true
      const subscriber = createSubscriber({
        topicRoot,
        client,
        credential,
        clientId,
        address,
        maxSubscriptions: limits.serviceSubscriptions,
        maxWaitingBytes: () => Math.min(limits.serviceQueueBytes, Math.floor(maxWaitingBytesOfAll / hub.size)),
        ...{ nextState: owed.nextState, nextStatus: owed.nextStatus, guard, turns },
      })
      byClient.set(client, subscriber)
      hub.add(subscriber)
      totals.began(subscriber)
      looking ??= setInterval(() => guard.safely(undefined, look), lookEveryMs).unref()
      watch.look()
      const { service } = credential
      log.info({ service, clientId, address }, 'a service is connected')
      const rateLimit = createRateLimits(packetRate, () => performance.now()).of(service)
      const servePacket = servePackets({
        topicRoot,
        subscriber,
        hub,
        rateLimit,
        subscribed,
        maxFilters: limits.serviceSubscriptions,
        owe: (patterns) => owed.retained(subscriber, patterns),
        denied: () => refusals.count('subscribe-denied', whoIs(subscriber)),
      })
      return { rateLimit, servePacket }
    },

    nameOf: (client) => byClient.get(client)?.credential.service,
    ending(client, reason) {
      const subscriber = byClient.get(client)
      if (subscriber !== undefined) subscriber.endReason ??= reason
    },
    close,
    status: () => ({
      connections: [...hub.all()].map(connectionOf),
      totals: totals.list(hub.all()),
      states: states.status(),
    }),
    get size() {
      return hub.size
    },
    stop() {
      clearInterval(looking)
      watch.stop()
      states.stop()
    },
  }
}

function openToldStates({ followStates, guard }: ServicesParts, owed: Owed, hub: ServiceHub): ToldStates {
  return createToldStates({
    follow: ({ line, connected }) =>
      followStates({ line: (told) => guard.safely(undefined, () => line(told)), connected }),
    changed: owed.stateChanged,
    current: () => {
      for (const subscriber of hub.all()) if (subscriber.owedStates.size > 0) subscriber.flush()
    },
    now: Date.now,
  })
}

/** Of what it subscribed to, so many are told. */
const toldFilters = 16

function connectionOf(subscriber: Subscriber): ServicesStatus['connections'][number] {
  const { credential, clientId, address, sinceMs, subscriptions, delivered, dropped, waitingBytes } = subscriber
  return {
    name: credential.service,
    clientId: clientId.replace(/[^\x20-\x7e]/g, '?'),
    address,
    sinceMs,
    filters: [...subscriptions.keys()].slice(0, toldFilters),
    subscriptions: subscriptions.size,
    delivered,
    dropped,
    waitingBytes,
  }
}

function whoIs({ address, credential, clientId }: Subscriber) {
  return { address, userName: credential.service, clientId }
}
