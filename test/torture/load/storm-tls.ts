import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect, createSecureContext, type SecureContext, type TLSSocket } from 'node:tls'
import { generate } from 'mqtt-packet'
import { missingProgram } from '../../support/influx/influx-process.ts'
import { authorityIn, localhost, type TestAuthority } from '../../support/system/authority.ts'
import {
  registerBuses,
  startWholeSystem,
  type TestDevice,
  type WholeSystem,
} from '../../support/system/whole-system.ts'
import { rounds, type Scenario, type TortureFigure } from '../scenario.ts'

const fleet = 5000
/** Certificates are made one after the other by openssl; each names so many devices. */
const devicesPerCertificate = 10
/** Until an idle fleet of full size has come to rest. */
const fullRestMs = 3000

interface Storm {
  /** Until the last CONNACK. */
  ms: number
  refused: number
  resumed: number
  /** Of the broker, until then. */
  cpuS: number
  /** PSS of all roles afterwards, idle. */
  memoryMb: number
  /** Of the broker alone, RSS. */
  brokerMb: number
}

/** The whole fleet comes back at once over TLS: with keys, taking its TLS sessions up again, and with certificates. */
export const stormTls: Scenario = {
  name: 'storm-tls',
  promise: 'After a power cut 5,000 devices are back within 15 s over TLS, within 20 s with client certificates.',
  how: `All devices open TLS 1.3 connections (EC P-256) in one moment and sign in: by key, by key on the TLS sessions from before, by certificate (each certificate names ${devicesPerCertificate} devices). The fleet runs on the same cores.`,
  minutes: 2,
  quickScale: 0.01,
  missing: () => missingProgram('openssl'),
  async run({ dir, scale, log }) {
    const count = rounds(fleet, scale)
    const devices = await registerBuses(
      dir,
      Array.from({ length: count }, (_, n) => `storm-${String(n).padStart(5, '0')}`),
    )
    const authority = authorityIn({ dir })
    const server = authority.issue('server', localhost)
    const system = await startWholeSystem({
      dir,
      scheme: 'https',
      settings: {
        ...{ BCC_TLS_CERT: server.certFile, BCC_TLS_KEY: server.keyFile, BCC_TLS_CA: authority.file },
        ...{ BCC_MQTTS_PORT: '0', BCC_HTTP_HOST: '127.0.0.1' },
      },
    })
    try {
      const port = Number(JSON.parse(readFileSync(join(dir, 'ports.json'), 'utf8')).mqtts)
      const ca = readFileSync(authority.file)
      const plain = createSecureContext({ ca })
      const sessions = new Map<string, Buffer>()
      const storm = { port, system, devices, sessions }
      log('by key')
      const byKey = await strike({ ...storm, contextOf: () => plain })
      log('by key, sessions taken up again')
      const again = await strike({ ...storm, contextOf: () => plain })
      log('making certificates')
      const contexts = contextsOf(authority, devices, ca)
      sessions.clear()
      log('by certificate')
      const byCertificate = await strike({ ...storm, contextOf: (index) => contexts[index], withoutKey: true })
      return figuresOf({ byKey, again, byCertificate, count })
    } finally {
      await system.stop()
    }
  },
}

interface StrikeParts {
  port: number
  system: WholeSystem
  devices: readonly TestDevice[]
  /** TLS sessions from before, by device; filled with new ones. */
  sessions: Map<string, Buffer>
  contextOf(index: number): SecureContext | undefined
  withoutKey?: boolean
}

async function strike({ port, system, devices, sessions, contextOf, withoutKey }: StrikeParts): Promise<Storm> {
  const sockets: TLSSocket[] = []
  const storm = { refused: 0, resumed: 0 }
  const broker = system.pid('broker') ?? 0
  const startedS = cpuOf(broker)
  const startedMs = performance.now()
  await Promise.all(
    devices.map(({ id, key }, index) => {
      const session = sessions.get(id)
      const to = { port, host: '127.0.0.1', servername: 'localhost', secureContext: contextOf(index) }
      const socket = connect({ ...to, ...(session !== undefined && { session }) })
      sockets.push(socket)
      socket.on('session', (ticket) => sessions.set(id, ticket))
      const login = { username: id, ...(withoutKey !== true && { password: Buffer.from(key) }) }
      const about = { cmd: 'connect', protocolId: 'MQTT', protocolVersion: 4, clean: true, keepalive: 300 } as const
      socket.write(generate({ ...about, clientId: id, ...login }))
      return new Promise<void>((resolve) => {
        const lost = () => {
          socket
            .removeAllListeners('close')
            .removeAllListeners('error')
            .on('error', () => undefined)
          storm.refused += 1
          resolve()
        }
        socket.once('error', lost).once('close', lost)
        socket.once('data', (connack) => {
          if (connack[3] !== 0) return lost()
          if (socket.isSessionReused()) storm.resumed += 1
          socket.removeAllListeners('close')
          resolve()
        })
      })
    }),
  )
  const ms = performance.now() - startedMs
  const cpuS = cpuOf(broker) - startedS
  await sleep(fullRestMs * (devices.length / fleet))
  const memoryMb = system.processes().reduce((sum, pid) => sum + megabytes(pid, 'Pss'), 0)
  const brokerMb = megabytes(broker, 'Rss')
  for (const socket of sockets) {
    socket.removeAllListeners('error').on('error', () => undefined)
    socket.destroy()
  }
  await sleep(fullRestMs * (devices.length / fleet))
  return { ms, cpuS, memoryMb, brokerMb, ...storm }
}

function contextsOf(authority: TestAuthority, devices: readonly TestDevice[], ca: Buffer): SecureContext[] {
  const contexts: SecureContext[] = []
  for (let first = 0; first < devices.length; first += devicesPerCertificate) {
    const named = devices.slice(first, first + devicesPerCertificate)
    const otherNames = named.map(({ id }) => `DNS:${id}`).join(',')
    const { cert, key } = authority.issue('fleet', { commonName: 'Armada', otherNames })
    const context = createSecureContext({ ca, cert, key })
    for (const _ of named) contexts.push(context)
  }
  return contexts
}

/** PSS counts memory that the roles share once. */
function megabytes(pid: number, name: 'Pss' | 'Rss'): number {
  const [, kilobytes] =
    new RegExp(`^${name}: +(\\d+)`, 'm').exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')) ?? []
  return Number(kilobytes ?? 0) / 1024
}

/** User and system time of a process, s; Linux counts in hundredths. */
function cpuOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) / 100
}

function figuresOf(storms: { byKey: Storm; again: Storm; byCertificate: Storm; count: number }): TortureFigure[] {
  const { byKey, again, byCertificate, count } = storms
  const time = (what: string, reached: number, asked: number): TortureFigure => ({
    ...{ what, reached, unit: 'ms', asked, better: 'less', timed: true },
  })
  const memory = (what: string, reached: number, asked: number): TortureFigure => ({
    ...{ what, reached, unit: 'MB', asked, better: 'less', timed: true },
  })
  const cpu = (what: string, reached: number): TortureFigure => ({ what, reached, unit: 's', better: 'less' })
  return [
    time(`${count} devices over TLS, by key`, byKey.ms, 15_000),
    time(`${count} devices over TLS, sessions taken up again`, again.ms, 15_000),
    time(`${count} devices over TLS, by certificate`, byCertificate.ms, 20_000),
    {
      ...{ what: 'devices that were refused or lost', unit: '', asked: 0, better: 'less' },
      reached: byKey.refused + again.refused + byCertificate.refused,
    },
    { what: 'TLS sessions taken up again', reached: again.resumed, unit: '', asked: count, better: 'more' },
    cpu('CPU of the broker, by key', byKey.cpuS),
    cpu('CPU of the broker, sessions taken up again', again.cpuS),
    cpu('CPU of the broker, by certificate', byCertificate.cpuS),
    memory('memory of the broker (RSS), connected by key', byKey.brokerMb, 500),
    memory('memory of the broker (RSS), connected by certificate', byCertificate.brokerMb, 500),
    memory('memory of all roles (PSS), connected by certificate', byCertificate.memoryMb, 800),
  ]
}
