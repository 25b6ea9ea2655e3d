import { once } from 'node:events'
import { cpSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { pino } from 'pino'
import { expect, onTestFinished } from 'vitest'
import { type BrokerCore, startBrokerCore } from '../../../broker/core.ts'
import type { BrokerLimits } from '../../../broker/options.ts'
import type { DeviceCredential } from '../../../contract/ports/credentials.ts'
import { readConfig } from '../../../runtime/config.ts'
import { brokerLimits } from '../../../runtime/limit-settings.ts'
import { openJournalWriter } from '../../../storage/journal/writer.ts'
import { type ConnectParts, connect, subscribe } from '../../broker/conformance/bytes.ts'
import { tempDir } from '../system/temp-dir.ts'
import { busTopic, openSocket } from './raw-mqtt.ts'

const limits = brokerLimits(readConfig({}).settings)

/** A broker that sends what a test likes. */
export interface Bench {
  dir: string
  core: BrokerCore
  port: number
  /** Resolves once it waits safely. */
  command(id: string, payload: string, qos?: 0 | 1 | 2): Promise<void>
  /** Takes all keys back. */
  revokeAll(): void
  /** Also happens by itself. */
  close(): Promise<void>
}

export interface BenchOptions {
  dir?: string
  revoked?: boolean
  /** Others than the usual ones. */
  others?: Partial<BrokerLimits>
}

export async function startBench({ dir = tempDir(), revoked = false, others }: BenchOptions = {}): Promise<Bench> {
  let good = !revoked
  let changed: () => void = () => undefined
  const core = await startBrokerCore({
    topicRoot: 'binjai/v1',
    limits: { ...limits, ...others },
    requireCertificate: false,
    sessionsPath: join(dir, 'broker', 'sessions.db'),
    journal: openJournalWriter({ dir: join(dir, 'journal'), quotaBytes: 1e9 }),
    credentials: {
      verify: async (deviceId): Promise<DeviceCredential | undefined> =>
        good ? { deviceId, kind: 'bus', proof: 'key', revision: 1, since: 1 } : undefined,
      verifyCertificate: async () => 'unknown-device',
      judge: async (credentials) =>
        new Map(credentials.map((credential) => [credential, good ? 'good' : 'revoked'] as const)),
      watch(onChange) {
        changed = onChange
        return () => undefined
      },
    },
    log: pino({ level: 'silent' }),
  })
  const server = createServer({ allowHalfOpen: true }, (socket) =>
    core.accept(socket, { address: '127.0.0.1', settle: () => undefined }),
  )
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  let closed: Promise<void> | undefined
  const close = () => {
    server.close()
    closed ??= core.close()
    return closed
  }
  onTestFinished(close)
  const address = server.address()
  return {
    dir,
    core,
    port: typeof address === 'object' && address !== null ? address.port : 0,
    command: (id, payload, qos = 1) =>
      new Promise((resolve) => {
        const packet = { cmd: 'publish', topic: busTopic(id, 'command'), payload, retain: false, dup: false } as const
        core.aedes.publish({ ...packet, qos }, () => resolve())
      }),
    revokeAll() {
      good = false
      changed()
    },
    close,
  }
}

/** Another broker on the files as they lie at this moment, as after `kill -9`. */
export function afterKill(
  { dir }: Bench,
  options: { revoked?: boolean; spoil?: (dir: string) => void } = {},
): Promise<Bench> {
  const copy = join(tempDir(), 'after')
  cpSync(dir, copy, { recursive: true })
  options.spoil?.(copy)
  return startBench({ dir: copy, revoked: options.revoked ?? false })
}

export interface Wire {
  socket: Socket
  /** Bytes behind the CONNACK. */
  come: Buffer
  /** Session present, as the CONNACK says. */
  present: boolean
}

/** A device that is connected, and keeps its session unless told otherwise; collects what comes. */
export async function device({ port }: Bench, id: string, parts: ConnectParts = {}): Promise<Wire> {
  const socket = await openSocket(port)
  let all = Buffer.alloc(0)
  const wire = { socket, come: all, present: false }
  socket.on('data', (bytes: Buffer) => {
    all = Buffer.concat([all, bytes])
    wire.present = all[2] === 1
    wire.come = all.subarray(4)
  })
  socket.write(connect({ clientId: id, userName: id, password: 'x', clean: false, ...parts }))
  await expect.poll(() => all.length).toBeGreaterThanOrEqual(4)
  expect(all.subarray(0, 2)).toEqual(Buffer.from([0x20, 2]))
  expect(all[3]).toBe(0)
  return wire
}

/** Subscribes to its commands; what came until then is forgotten. */
export async function listenTo(wire: Wire, id: string, qos = 1): Promise<void> {
  const before = wire.come.length
  wire.socket.write(subscribe(1, [[busTopic(id, 'command'), qos]]))
  await expect.poll(() => wire.come.length).toBe(before + 5)
}

export interface Come {
  first: number
  messageId: number
  payload: string
}

/** First byte, packet identifier and payload of each packet of QoS 1 or 2 in these bytes, which hold nothing else. */
export function packetsOf(bytes: Buffer, id: string): Come[] {
  const found: Come[] = []
  for (let at = 0; at < bytes.length; ) {
    const first = bytes.readUInt8(at)
    const length = bytes.readUInt8(at + 1)
    const body = bytes.subarray(at + 2, at + 2 + length)
    const isPublish = first >> 4 === 3
    const idAt = isPublish ? 2 + busTopic(id, 'command').length : 0
    found.push({
      first,
      messageId: body.readUInt16BE(idAt),
      payload: isPublish ? body.subarray(idAt + 2).toString() : '',
    })
    at += 2 + length
  }
  return found
}
