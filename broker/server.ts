import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { createServer as createHttpServer, type Server as HttpServer, type IncomingMessage } from 'node:http'
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { createServer as createTlsServer } from 'node:tls'
import type { AedesOptions, AuthenticateError, Client, PublishPacket } from 'aedes'
import { Aedes } from 'aedes'
import type { Logger } from 'pino'
import { createWebSocketStream, WebSocketServer } from 'ws'
import { countReadings } from '../contract/json-scan.ts'
import type {
  BrokerStatus,
  CredentialStore,
  DeviceCredential,
  JournalEntry,
  JournalWriter,
  LinkChange,
} from '../contract/ports.ts'
import { guardFrames, neverWaitForDrain, watchTakeovers } from './gate.ts'
import { createRefusals, type RefusalReason } from './refusals.ts'
import { createSessions, type LiveSession } from './sessions.ts'

export interface BrokerOptions {
  host: string
  /** 0: any free port. */
  port: number
  tls?: { port: number; cert: Buffer; key: Buffer; ca?: Buffer | undefined } | undefined
  /** Local socket for the api: `GET /status`, and MQTT over WebSocket handed on from the HTTP port. */
  socketPath: string
  topicRoot: string
  limits: {
    connectBytes: number
    packetBytes: number
    readingsPerMessage: number
    clientIdBytes: number
    keepaliveS: number
  }
  journal: JournalWriter
  credentials: CredentialStore
  log: Logger
}

type Done = (error?: Error | null) => void

export interface RunningBroker {
  port: number
  close(): Promise<void>
}

const clientIdCharset = /^[\x21-\x7e]*$/
const connectTimeoutMs = 5000
/** After this long the end of a socket is the end of its session, whether Aedes has told of it or not. */
const untoldEndMs = 1000
const loopback = new Set(['127.0.0.1', '::1', 'localhost'])

/** The MQTT door. A PUBACK or PUBREC leaves only after the journal's sync: it is called back from `authorizePublish`. */
export async function startBroker(options: BrokerOptions): Promise<RunningBroker> {
  const { host, topicRoot, limits, journal, credentials, log } = options
  const refusals = createRefusals()
  const sessions = createSessions(topicRoot, appendLink)
  const authenticated = new WeakMap<Client, { credential: DeviceCredential; address: string; change: number }>()
  let registryChanges = 0

  function appendLink(principal: string, change: LinkChange): void {
    const payload = Buffer.from(JSON.stringify(change))
    const entry = {
      receivedAtMs: Date.now(),
      type: 'link',
      principal,
      topic: '',
      payload,
      qos: 0,
      dup: false,
      readings: 0,
    } as const
    journal.append(entry, (error) => {
      if (error !== undefined)
        log.warn({ principal, event: change.event, error: error.message }, 'link change not kept')
    })
  }

  function refuse(session: LiveSession, reason: RefusalReason, done: Done): void {
    refusals.count(reason)
    session.endReason = `error: ${reason}`
    done(new Error(`${reason}: ${session.credential.deviceId}`))
  }

  function takePublish(session: LiveSession, packet: PublishPacket, done: Done): void {
    const verdict = session.access.publish(packet.topic)
    if ('refused' in verdict) return refuse(session, verdict.refused, done)
    if (verdict.channel === 'status' && isOutdatedWill(session, packet)) return done(new Error('outdated Will'))
    if (verdict.channel !== 'status') packet.retain = false
    if (packet.qos === 2 && isHeldQos2(session.client, packet)) return done()
    const payload = typeof packet.payload === 'string' ? Buffer.from(packet.payload) : packet.payload
    const entry: JournalEntry = {
      receivedAtMs: Date.now(),
      type: 'message',
      principal: session.credential.deviceId,
      topic: packet.topic,
      payload,
      qos: packet.qos,
      dup: packet.dup,
      readings: countReadings(verdict.channel, payload, limits.readingsPerMessage),
    }
    journal.append(entry, (error) => {
      if (error === undefined) done()
      else refuse(session, 'journal-full', done)
    })
  }

  /** A Will says that its device went; it did not when we did, or when it speaks to us on another connection. */
  function isOutdatedWill(session: LiveSession, packet: PublishPacket): boolean {
    // Not in the types of Aedes 1.2.0; it is this very packet that is published.
    if (packet !== (session.client as { will?: unknown }).will) return false
    return session.endReason === 'broker-closed' || session.endReason === 'taken-over' || !sessions.isLast(session)
  }

  const hooks: AedesOptions = {
    concurrency: 0,
    connectTimeout: connectTimeoutMs,
    drainTimeout: 2000,
    queueLimit: 1000,
    maxClientsIdLength: limits.clientIdBytes,

    preConnect(_client, packet, done) {
      guarded(done, () => {
        const { clientId, username } = packet
        if (clientId.length > limits.clientIdBytes || !clientIdCharset.test(clientId)) {
          refusals.count('bad-client-id')
          return done(new Error('client id refused'), false)
        }
        // Ids of different devices must not meet: whoever knows another's id could otherwise throw it out.
        packet.clientId = `${username ?? ''}/${clientId === '' ? `auto-${nextAnonymous()}` : clientId}`
        packet.keepalive = Math.min(packet.keepalive || limits.keepaliveS, limits.keepaliveS)
        done(null, true)
      })
    },

    authenticate(client, username, password, done) {
      const refuse = () => {
        refusals.count('bad-credentials')
        const error: AuthenticateError = Object.assign(new Error('bad user name or password'), { returnCode: 4 })
        done(error, null)
      }
      if (username === undefined || password === undefined) return refuse()
      const change = registryChanges
      credentials.verify(username, password).then(
        (credential) => {
          if (credential === undefined) return refuse()
          authenticated.set(client, { credential, address: addressOf(client), change })
          done(null, true)
        },
        (error: unknown) => {
          log.error({ err: error }, 'credentials could not be read')
          done(Object.assign(new Error('not available'), { returnCode: 3 }), null)
        },
      )
    },

    authorizePublish(client, packet, done) {
      guarded(done, () => {
        const session = client === null ? undefined : sessions.of(client)
        if (session === undefined) done(new Error('no session'))
        else takePublish(session, packet, done)
      })
    },

    authorizeSubscribe(client, subscription, done) {
      guarded(done, () => {
        if (sessions.of(client)?.access.subscribe(subscription.topic) === true) return done(null, subscription)
        refusals.count('subscribe-denied')
        done(null, null)
      })
    },
  }

  const aedes = await Aedes.createBroker(hooks)
  let anonymous = 0
  function nextAnonymous(): number {
    anonymous += 1
    return anonymous
  }

  aedes.on('client', (client) => {
    const who = authenticated.get(client)
    if (who === undefined || client.closed) return
    sessions.open(client, who.credential, who.address)
    // The registry was changed between the look at its key and now.
    if (who.change !== registryChanges) lookForRevoked()
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

  function end(client: Client, reason: string): void {
    const session = sessions.of(client)
    if (session !== undefined) session.endReason ??= reason
  }

  function accept(stream: Duplex, request?: IncomingMessage): void {
    const client = aedes.handle(stream, request)
    guardFrames(client, limits, () => refusals.count('packet-too-large'))
    neverWaitForDrain(client, (reason) => {
      refusals.count(reason)
      end(client, `error: ${reason}`)
    })
    // Aedes does not tell of every end: not of a connection that was accepted while another of its client id ended.
    stream.once('close', () => setTimeout(closeSession, untoldEndMs, client).unref())
  }

  async function cutRevoked(): Promise<void> {
    const live = [...sessions.all()]
    const revisions = await credentials.revisions([...new Set(live.map(({ credential }) => credential.deviceId))])
    for (const session of live) {
      if (revisions.get(session.credential.deviceId) === session.credential.revision) continue
      session.endReason = 'revoked'
      session.client.conn.destroy()
    }
  }
  function lookForRevoked(): void {
    cutRevoked().catch((error: unknown) => log.error({ err: error }, 'revoked devices could not be looked up'))
  }
  const stopWatch = credentials.watch(() => {
    registryChanges += 1
    lookForRevoked()
  })

  const status = (): BrokerStatus => ({
    connected: sessions.size,
    refused: refusals.totals(),
    journal: journal.status(),
    open: !loopback.has(host),
  })
  const control = createControl(status, accept)
  rmSync(options.socketPath, { force: true })
  control.listen(options.socketPath)
  await once(control, 'listening')

  appendLink('', { event: 'broker-started' })
  const plain = createTcpServer({ noDelay: true, keepAlive: true }, (socket: Socket) => accept(socket))
  const servers: Server[] = [plain]
  plain.listen({ port: options.port, host, backlog: 8192 })
  await once(plain, 'listening')
  if (options.tls !== undefined) {
    const { port, cert, key, ca } = options.tls
    const secure = createTlsServer(
      {
        cert,
        key,
        ...(ca === undefined ? {} : { ca, requestCert: true, rejectUnauthorized: true }),
        minVersion: 'TLSv1.2',
      },
      accept,
    )
    secure.listen({ port, backlog: 8192 })
    await once(secure, 'listening')
    servers.push(secure)
  }
  // A listening TCP server has an address object, not a path.
  const { port } = plain.address() as AddressInfo
  log.info({ host, port }, 'broker listens')

  return {
    port,
    async close() {
      stopWatch()
      for (const server of servers) server.close()
      control.closeAllConnections()
      control.close()
      for (const session of sessions.all()) session.endReason = 'broker-closed'
      await new Promise<void>((resolve) => {
        aedes.close(() => resolve())
      })
      await journal.close()
    },
  }
}

/** Every hook of Aedes must answer: a throw inside one would end the process, so it fails closed instead. */
function guarded(done: (error: Error | null, ok: never) => void, work: () => void): void {
  try {
    work()
  } catch (error) {
    // `false` and `null` both mean no; each hook's callback takes one of them.
    done(error instanceof Error ? error : new Error(String(error)), null as never)
  }
}

/** QoS 2 sent again before its PUBREL: it is in the journal, Aedes answers with PUBREC alone. */
function isHeldQos2(client: Client, { messageId }: { messageId?: number | undefined }): boolean {
  // Private to Aedes 1.2.0: ids of stored QoS 2 messages that wait for PUBREL.
  const held = (client as unknown as { _inboundInflight?: Set<number> })._inboundInflight
  return messageId !== undefined && held?.has(messageId) === true
}

/** Set by Aedes when a DISCONNECT packet came. */
function saidGoodbye(client: Client): boolean {
  return (client as unknown as { _disconnected?: boolean })._disconnected === true
}

function addressOf({ conn, req }: Client): string {
  const forwarded = req?.headers['x-forwarded-for']
  if (typeof forwarded === 'string') return forwarded
  return 'remoteAddress' in conn ? String(conn.remoteAddress) : ''
}

function createControl(
  status: () => BrokerStatus,
  accept: (stream: Duplex, request: IncomingMessage) => void,
): HttpServer {
  const control = createHttpServer((request, response) => {
    if (request.url !== '/status') return void response.writeHead(404).end()
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify(status()))
  })
  const sockets = new WebSocketServer({
    noServer: true,
    // [MQTT-6.0.0-3], [MQTT-6.0.0-4]: the subprotocol is "mqtt".
    handleProtocols: (protocols) => (protocols.has('mqtt') ? 'mqtt' : false),
    maxPayload: 512 * 1024,
    perMessageDeflate: false,
  })
  control.on('upgrade', (request, socket, head) => {
    sockets.handleUpgrade(request, socket, head, (webSocket) => accept(createWebSocketStream(webSocket), request))
  })
  return control
}
