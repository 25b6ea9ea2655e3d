import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Aedes, Client } from 'aedes'
import type { Logger } from 'pino'
import { inside, removeOnlyItself } from './aedes-inside.ts'
import type { HookGuard } from './auth/hook-guard.ts'
import type { PendingConnection } from './inbound/connection-limiter.ts'
import { type Gate, neverWaitForDrain, openGate } from './inbound/gate.ts'
import type { RateLimit } from './inbound/rate-limit.ts'
import type { RefusalReason, Refusals } from './inbound/refusals.ts'
import type { Violation } from './inbound/violation.ts'
import type { BrokerLimits } from './options.ts'
import type { ServedConnection, Services } from './services/services.ts'
import type { LiveSessions } from './sessions/sessions.ts'

/** After this long the end of a socket is the end of its session, whether Aedes has told of it or not. */
const untoldEndMs = 1000

/** A stream that speaks MQTT: TCP, TLS, or WebSocket with the request that opened it. */
export type Accept = (stream: Duplex, visit: PendingConnection, request?: IncomingMessage) => void

export interface ConnectionsParts {
  limits: BrokerLimits
  sessions: LiveSessions
  services: Pick<Services, 'nameOf' | 'ending' | 'close'>
  refusals: Refusals
  rateLimitOf: (deviceId: string) => RateLimit
  /** Its session speaks through it no longer. */
  ended: (client: Client) => void
  guard: HookGuard
  log: Logger
}

export interface Connections {
  /** Listens to Aedes; call it once, before the first `accept`. */
  follow(aedes: Aedes): void
  accept: Accept
  addressOf(client: Client): string
  /** Since something came from it last. */
  silentMs(client: Client): number
  /** What its TLS says of the other end; absent where there is none. */
  tlsOf(client: Client): PendingConnection['tls']
  /** It said who it is, and is. */
  settle(client: Client, deviceId: string): void
  /** The same of a service, whose packets others answer than Aedes. */
  serve(client: Client, served: ServedConnection): void
}

/** Follows connections from their first byte to their last, and keeps the register of sessions true. */
export function createConnections({
  limits,
  sessions,
  services,
  refusals,
  rateLimitOf,
  ended,
  guard,
  log,
}: ConnectionsParts): Connections {
  const known = new WeakMap<Client, { visit: PendingConnection; gate: Gate }>()
  let broker: Aedes | undefined

  function addressOf(client: Client): string {
    return known.get(client)?.visit.address ?? ''
  }

  function end(client: Client, reason: string): void {
    const session = sessions.of(client)
    if (session !== undefined) session.endReason ??= reason
    else services.ending(client, reason)
  }

  function count(client: Client, reason: RefusalReason, clientId?: string): void {
    const userName = sessions.of(client)?.credential.deviceId ?? services.nameOf(client)
    refusals.count(reason, { address: addressOf(client), userName, clientId })
  }

  function violated(client: Client, { reason, detail, clientId }: Violation): void {
    count(client, reason, clientId)
    end(client, `error: ${reason}`)
    log.debug({ reason, detail, address: addressOf(client) }, 'refused')
  }

  function closeSession(client: Client): void {
    guard.safely(undefined, () => sessions.close(client, inside(client)._disconnected ? 'client' : 'socket-closed'))
    guard.safely(undefined, () => ended(client))
    guard.safely(undefined, () => services.close(client))
  }

  return {
    addressOf,
    tlsOf: (client) => known.get(client)?.visit.tls,
    silentMs: (client) => performance.now() - (known.get(client)?.gate.heardMs() ?? 0),

    settle(client, deviceId) {
      const connection = known.get(client)
      connection?.visit.settle()
      connection?.gate.limitRate(rateLimitOf(deviceId))
    },

    serve(client, { rateLimit, servePacket }) {
      const connection = known.get(client)
      connection?.visit.settle()
      connection?.gate.limitRate(rateLimit)
      connection?.gate.serve(servePacket)
    },

    follow(aedes) {
      broker = aedes
      removeOnlyItself(aedes)
      aedes.on('clientDisconnect', closeSession)
      aedes.on('keepaliveTimeout', (client) => end(client, 'keepalive'))
      aedes.on('clientError', (client, error) => end(client, `error: ${error.message}`))
      aedes.on('connectionError', (client, error) => {
        if (error.message === 'connect did not arrive in time') count(client, 'connect-timeout')
      })
      // Without a listener an error of the persistence would end the process; it concerns retained status only.
      Object(aedes).on('error', (error: unknown) => log.error({ err: error }, 'broker'))
    },

    accept(stream, visit, request) {
      if (broker === undefined) return void stream.destroy()
      const gate = openGate({
        aedes: broker,
        stream,
        request,
        limits,
        violated,
        slowed: (client) => count(client, 'rate-limited'),
      })
      const { client } = gate
      known.set(client, { visit, gate })
      inside(client)._parser.on('error', () => count(client, 'protocol-error'))
      neverWaitForDrain(client, (reason) => {
        count(client, reason)
        end(client, `error: ${reason}`)
      })
      // Aedes does not tell of every end: not of a connection that was accepted while another of its device ended.
      stream.once('close', () => setTimeout(closeSession, untoldEndMs, client).unref())
    },
  }
}
