import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt'
import { pino } from 'pino'
import { onTestFinished } from 'vitest'
import type { BrokerLimits, TlsOptions } from '../../../broker/options.ts'
import { type BrokerOptions, type RunningBroker, startBroker } from '../../../broker/server.ts'
import { followStates } from '../../../broker/services/states-link.ts'
import type { TelemetryStore } from '../../../contract/ports/telemetry.ts'
import { type RunningIngest, startIngest } from '../../../ingest/server.ts'
import { readConfig } from '../../../runtime/config.ts'
import { brokerLimits } from '../../../runtime/limit-settings.ts'
import { openJournalReader } from '../../../storage/journal/reader.ts'
import { openJournalWriter } from '../../../storage/journal/writer.ts'
import { openRegistry, type Registry } from '../../../storage/registry/registry.ts'
import { openStoreReader, type StoreReader } from '../storage/books.ts'
import { tempDir } from '../system/temp-dir.ts'

const log = pino({ level: 'silent' })

/** Real broker, journal, ingest and registry of one test, in one process, on free ports and a folder of their own. */
export interface Door {
  dir: string
  port: number
  /** Of MQTT over TLS, where the test gave files. */
  tlsPort: number | undefined
  /** Ends with the test; closing it twice does no harm. */
  broker: Pick<RunningBroker, 'close'>
  socketPath: string
  registry: Registry
  reader: StoreReader
  /** Registers a device; returns its key. */
  register(id: string, profile: string): Promise<string>
  connect(id: string, key: string, options?: IClientOptions): Promise<MqttClient>
}

type BrokerNeeds = Pick<BrokerOptions, 'journal' | 'credentials'>

const defaults = brokerLimits(readConfig({}).settings)

export async function openDoor({
  store,
  ingest = true,
  limits = {},
  tls,
  keyOverlapMs,
  host = '127.0.0.1',
  wrap = (parts) => parts,
}: {
  store?: TelemetryStore
  ingest?: boolean
  /** Others than the defaults. */
  limits?: Partial<BrokerLimits>
  tls?: Omit<TlsOptions, 'port'>
  keyOverlapMs?: number
  host?: string
  /** Puts something of the test's own in the place of what the broker asks. */
  wrap?: (parts: BrokerNeeds) => BrokerNeeds
} = {}): Promise<Door> {
  const dir = tempDir()
  const storePath = join(dir, 'store', 'hot.db')
  const journalDir = join(dir, 'journal')
  const socketPath = join(dir, 'broker.sock')
  const registry = await openRegistry({
    file: join(dir, 'registry.db'),
    pepper: randomBytes(32),
    ...(keyOverlapMs !== undefined && { keyOverlapMs }),
  })
  const broker = await startBroker({
    host,
    port: 0,
    tls: tls === undefined ? undefined : { port: 0, ...tls },
    socketPath,
    topicRoot: 'binjai/v1',
    limits: { ...defaults, ...limits },
    sessionsPath: join(dir, 'broker', 'sessions.db'),
    services: registry.services,
    followStates: (listener) => followStates(join(dir, 'ingest.sock'), listener),
    ...wrap({
      journal: openJournalWriter({ dir: journalDir, quotaBytes: 1e9 }),
      credentials: registry.credentials,
    }),
    log,
  })
  const running: RunningIngest | undefined = ingest
    ? await startIngest({
        storePath,
        openJournal: (options) => openJournalReader(journalDir, options),
        socketPath: join(dir, 'ingest.sock'),
        topicRoot: 'binjai/v1',
        retention: { telemetryDays: 365, eventDays: 365, sealAfterHours: 6 },
        limits: { budgetBytes: undefined, floorBytes: 0, outboxBytes: 2 ** 31 },
        directory: registry.directory,
        store,
        log,
      })
    : undefined
  const reader = openStoreReader({ storePath, journalDir })
  let closed: Promise<void> | undefined
  const closeBroker = () => {
    closed ??= broker.close()
    return closed
  }
  onTestFinished(async () => {
    await closeBroker()
    await running?.close()
    await reader.close()
    await registry.close()
  })

  return {
    dir,
    port: broker.port,
    tlsPort: broker.tlsPort,
    broker: { close: closeBroker },
    socketPath,
    registry,
    reader,
    register: async (id, profile) => (await registry.devices.create({ id, profile })).key,
    async connect(id, key, options = {}) {
      const url = `mqtt://127.0.0.1:${broker.port}`
      const client = await mqtt.connectAsync(url, { username: id, password: key, reconnectPeriod: 0, ...options })
      onTestFinished(() => void client.end(true))
      return client
    },
  }
}
