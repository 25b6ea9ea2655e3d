import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Aedes, Client } from 'aedes'
import type { Logger } from 'pino'
import type { Admission } from './admission.ts'
import { guardFrames, neverWaitForDrain, watchTakeovers } from './gate.ts'
import type { BrokerLimits } from './options.ts'
import type { Refusals } from './refusals.ts'
import type { Sessions } from './sessions.ts'

/** After this long the end of a socket is the end of its session, whether Aedes has told of it or not. */
const untoldEndMs = 1000

/** A stream that speaks MQTT: TCP, TLS, or WebSocket with the request that opened it. */
export type Accept = (stream: Duplex, request?: IncomingMessage) => void

export interface ConnectionsParts {
  aedes: Aedes
  limits: BrokerLimits
  admission: Admission
  sessions: Sessions
  refusals: Refusals
  /** A connection was opened with a key that may have changed meanwhile. */
  doubted: () => void
  changes: () => number
  log: Logger
}

/** Follows connections from their first byte to their last, and keeps the register of sessions true. */
export function followConnections(parts: ConnectionsParts): { accept: Accept } {
  const { aedes, limits, admission, sessions, refusals, doubted, changes, log } = parts

  function end(client: Client, reason: string): void {
    const session = sessions.of(client)
    if (session !== undefined) session.endReason ??= reason
  }

  aedes.on('client', (client) => {
    const who = admission.of(client)
    if (who === undefined || client.closed) return
    sessions.open(client, who.credential, who.address)
    // The registry was changed between the look at its key and now.
    if (who.change !== changes()) doubted()
  })
  const closeSession = (client: Client) => sessions.close(client, saidGoodbye(client) ? 'client' : 'socket-closed')
  aedes.on('clientDisconnect', closeSession)
  watchTakeovers(aedes, (client) => end(client, 'taken-over'))
  aedes.on('keepaliveTimeout', (client) => end(client, 'keepalive'))
  aedes.on('clientError', (client, error) => end(client, `error: ${error.message}`))
  aedes.on('connectionError', (_client, error) => {
    if (/protocol version/.test(error.message)) refusals.count('mqtt-5')
    else if (/in time/.test(error.message)) refusals.count('connect-timeout')
    else if (!/packet of|bad user name|client id refused/.test(error.message)) refusals.count('protocol-error')
  })
  // Without a listener an error of the persistence would end the process; it concerns retained status only.
  Object(aedes).on('error', (error: unknown) => log.error({ err: error }, 'broker'))

  return {
    accept(stream, request) {
      const client = aedes.handle(stream, request)
      guardFrames(client, limits, () => refusals.count('packet-too-large'))
      neverWaitForDrain(client, (reason) => {
        refusals.count(reason)
        end(client, `error: ${reason}`)
      })
      // Aedes does not tell of every end: not of a connection that was accepted while another of its client id ended.
      stream.once('close', () => setTimeout(closeSession, untoldEndMs, client).unref())
    },
  }
}

/** Set by Aedes when a DISCONNECT packet came. */
function saidGoodbye(client: Client): boolean {
  return (client as unknown as { _disconnected?: boolean })._disconnected === true
}
