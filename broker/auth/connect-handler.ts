import { crc32 } from 'node:zlib'
import type { AedesOptions, AuthenticateError, Client, ConnectPacket } from 'aedes'
import type { Logger } from 'pino'
import type {
  CredentialStore,
  DeviceCredential,
  ServiceCredential,
  ServiceStore,
} from '../../contract/ports/credentials.ts'
import { inside } from '../aedes-inside.ts'
import type { RefusalReason, Refusals } from '../inbound/refusals.ts'
import type { BrokerLimits } from '../options.ts'
import type { SessionStore } from '../sessions/session-store.ts'
import type { LiveSession, LiveSessions } from '../sessions/sessions.ts'
import { createAcl } from './acl.ts'
import { type AuthenticatorResult, createAuthenticator, type Proved } from './authenticate.ts'
import { type Asked, type ConnectAnswer, codes, createConnectRefusals } from './connect-refusals.ts'
import type { HookGuard } from './hook-guard.ts'
import type { SignInThrottle } from './sign-in-throttle.ts'
import type { Takeovers } from './takeovers.ts'

export interface ConnectHandlerParts {
  topicRoot: string
  limits: BrokerLimits
  credentials: CredentialStore
  /** Over TLS nobody comes in by a key alone. */
  requireCertificate: boolean
  sessions: LiveSessions
  store: SessionStore
  takeovers: Takeovers
  throttle: SignInThrottle
  refusals: Refusals
  guard: HookGuard
  addressOf: (client: Client) => string
  silentMs: (client: Client) => number
  tlsOf: (client: Client) => AuthenticatorResult['tls']
  /** Registry changes heard of so far, and what to do when one came while a key was looked at. */
  revocation: { changes(): number; refresh(): void }
  /** It will be let in: what is kept of a time before its last revocation goes first. */
  admitting(credential: DeviceCredential): void
  services: ServiceStore
  /** Opens the connection of a service; or why it is not let in. */
  admitService(client: Client, asked: { credential: ServiceCredential; clientId: string }): RefusalReason | undefined
  /** It is let in; its session is open. */
  admitted(client: Client, credential: DeviceCredential): void
  log: Logger
}

export type ConnectHandler = Required<Pick<AedesOptions, 'preConnect' | 'authenticate'>>

/** Protocol level of MQTT 3.1, whose CONNACK has a reserved byte where 3.1.1 tells of the session. */
const withoutSessionPresent = 3

const maxPacketId = 65_535

/** The way in: the hooks that look at a CONNECT whose form the gate has found right. */
export function createConnectHandler(parts: ConnectHandlerParts): ConnectHandler {
  const { topicRoot, limits, sessions, store, takeovers, throttle, refusals, guard, addressOf } = parts
  const prove = createAuthenticator(parts)
  /** What a connection asked for, until it is answered. */
  const asked = new WeakMap<Client, Asked>()
  let connections = 0

  const { refuse, refuseProof } = createConnectRefusals({ asked, throttle, refusals, addressOf })

  function mayTakeOver(client: Client, { client: present, credential: { deviceId } }: LiveSession): boolean {
    const silentMs = parts.silentMs(present)
    return takeovers.allow({ deviceId, newcomer: whoIs(client), present: whoIs(present), silentMs })
  }

  function whoIs(client: Client): string {
    return `${addressOf(client)}\n${asked.get(client)?.form}`
  }

  function admit(client: Client, credential: DeviceCredential, done: ConnectAnswer): void {
    if (client.closed) return done(new Error('closed') as AuthenticateError, null)
    const { deviceId } = credential
    const will = inside(client)._will
    const verdict = will === undefined ? undefined : createAcl(topicRoot, credential).publish(will.topic)
    if (verdict !== undefined && 'refused' in verdict) return refuse(client, verdict.refused, codes.notAuthorized, done)
    const before = sessions.ofDevice(deviceId)
    if (before !== undefined && isAlive(before.client) && !mayTakeOver(client, before))
      return refuse(client, 'too-many-takeovers', codes.unavailable, done)
    parts.admitting(credential)
    openSession(client, credential, done)
  }

  function admitService(client: Client, credential: ServiceCredential, done: ConnectAnswer): void {
    if (client.closed) return done(new Error('closed') as AuthenticateError, null)
    // A Will is a message that it would publish.
    if (inside(client)._will !== undefined) return refuse(client, 'publish-denied', codes.notAuthorized, done)
    const refused = parts.admitService(client, { credential, clientId: asked.get(client)?.clientId ?? '' })
    if (refused !== undefined) return refuse(client, refused, codes.unavailable, done)
    done(null, true)
  }

  function admitProved(client: Client, proved: Proved, done: ConnectAnswer): void {
    if ('refused' in proved) refuseProof(client, proved.refused, done)
    else if ('service' in proved) admitService(client, proved, done)
    else admit(client, proved, done)
  }

  function openSession(client: Client, credential: DeviceCredential, done: ConnectAnswer): void {
    const { deviceId } = credential
    const { clientId = '', clean = true } = asked.get(client) ?? {}
    const quiet = client.version === withoutSessionPresent
    const within = inside(client)
    // The session is the device's, whatever its client calls itself: the key proves who it is, the client id nothing.
    client.id = deviceId
    const { goesOn, saved } = store.begin(client, { credential, clientId, clean, quiet })
    within.clean = false
    within._nextId = ((store.lastId(deviceId) ?? 0) % maxPacketId) + 1
    sessions.open(client, credential, {
      address: addressOf(client),
      client: crc32(clientId),
      session: goesOn ? 'kept' : 'new',
    })
    parts.admitted(client, credential)
    const subscriptions = quiet ? store.subscriptions(deviceId) : []
    const restore = () => {
      if (subscriptions.length > 0) client.subscribe(subscriptions, () => done(null, true))
      else done(null, true)
    }
    // A session is told of once it is on disk.
    if (saved === undefined) restore()
    else saved.then(() => guard.hook(done, restore))
  }

  return {
    preConnect(client, packet: ConnectPacket, done) {
      guard.hook(done, () => {
        const { clientId, username = '', clean = true } = packet
        asked.set(client, { clientId, clean, userName: username, form: formOf(packet) })
        connections += 1
        // Until the key was looked at nobody may bear a name that is another's.
        packet.clientId = `?${connections}`
        packet.keepalive = Math.min(packet.keepalive || limits.keepaliveS, limits.keepaliveS)
        done(null, true)
      })
    },

    authenticate(client, username, password, done) {
      guard.hook(done, () => {
        const change = parts.revocation.changes()
        const tls = parts.tlsOf(client)
        // Counted when it came; a wrong certificate cannot be guessed at, so nobody has to wait.
        if (tls?.certificate?.fault !== undefined)
          return done(Object.assign(new Error('certificate refused'), { returnCode: codes.notAuthorized }), null)
        prove({ tls, userName: username, key: password }).then(
          (proved) =>
            guard.hook(done, () => {
              admitProved(client, proved, done)
              // The registry was changed between the look at its key and now.
              if (change !== parts.revocation.changes()) parts.revocation.refresh()
            }),
          (error: unknown) => {
            parts.log.error({ err: error }, 'credentials could not be read')
            refuse(client, 'hook-failed', codes.unavailable, done)
          },
        )
      })
    },
  }
}

function formOf({ clientId, clean, keepalive, protocolVersion, will }: ConnectPacket): string {
  const said = will && [will.topic, will.qos, will.retain, crc32(will.payload)]
  return JSON.stringify([clientId, clean, keepalive, protocolVersion, said])
}

/** A connection whose other side has closed is no rival of a new one. */
function isAlive({ closed, conn }: Client): boolean {
  return !closed && !conn.destroyed && !conn.readableEnded
}
