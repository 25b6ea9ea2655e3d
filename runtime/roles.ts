import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Logger } from 'pino'
import type { Actor } from '../contract/http/audit.ts'
import { type TelemetryStore, WrongServerError } from '../contract/ports/telemetry.ts'
import { withoutSecrets } from '../contract/secrets.ts'
import { areaAt, type Site, siteFiles, siteSchema } from '../contract/site/schema.ts'
import { dayMs } from '../contract/time.ts'
import type { Registry } from '../storage/registry/registry.ts'
import { type Config, ConfigError, loadEnvironment, type Settings } from './config.ts'
import { readSecret } from './data-folder.ts'
import { endedOfItself } from './last-end.ts'
import { brokerLimits, httpLimits } from './limit-settings.ts'
import { createLog } from './log.ts'
import { maxConnections } from './open-files.ts'
import { projectRoot } from './project-root.ts'
import type { Ports } from './supervisor.ts'
import { openTlsFiles, type WatchedTls } from './tls/tls-files.ts'

/**
 * The one place that knows every folder: it builds the roles and hands them to each other. Each role loads its own
 * folder only, so that a process holds no code of the others.
 */

export interface Running {
  /** Ports that it listens on, by their settings. */
  ports?: Ports
  close(): Promise<void>
}

const megabyte = 1024 * 1024

/** The code of each role. */
const load = {
  broker: () =>
    Promise.all([
      import('../broker/server.ts'),
      import('../broker/services/states-link.ts'),
      import('../storage/journal/writer.ts'),
    ]),
  ingest: () => Promise.all([import('../ingest/server.ts'), import('../storage/journal/reader.ts')]),
  api: () =>
    Promise.all([
      import('../api/server.ts'),
      import('../api/links/broker-link.ts'),
      import('../api/links/ingest-link.ts'),
      import('../storage/telemetry/history.ts'),
      import('../storage/telemetry/local-reader.ts'),
    ]),
  registry: () => import('../storage/registry/registry.ts'),
}

/** Of threads: what they load themselves; outside a thread they do nothing. */
const loadThreads = () =>
  Promise.all([
    import('../storage/journal/writer-worker.ts'),
    import('../broker/sessions/session-worker.ts'),
    import('../ingest/watchdog-worker.ts'),
    import('../storage/telemetry/reader-worker.ts'),
    import('../storage/telemetry/cold/seal-worker.ts'),
  ])

/** Loads all that the roles load, and runs none of it. */
export async function loadAllRoles(): Promise<void> {
  await Promise.all([...Object.values(load).map((one) => one()), loadThreads()])
}

// ---- what several roles need

export function openLog(config: Config, role: string): Logger {
  return createLog({ level: config.settings.BCC_LOG_LEVEL, role })
}

/** Reads the outlines when they are first asked for: most processes never do. */
function areaFinder({ siteDir }: Config): (lat: number, lon: number) => string | undefined {
  let site: Pick<Site, 'kelurahan'> | undefined
  return (lat, lon) => {
    const path = join(siteDir, siteFiles.kelurahan)
    site ??= { kelurahan: siteSchema.shape.kelurahan.parse(JSON.parse(readFileSync(path, 'utf8'))) }
    return areaAt(site, lat, lon)
  }
}

export async function openCityRegistry(config: Config, actor: Actor): Promise<Registry> {
  const { openRegistry } = await load.registry()
  const { city } = config
  const { BCC_KEY_OVERLAP_DAYS: overlapDays, BCC_ALLOW_SIMULATED: simulated } = config.settings
  return openRegistry({
    file: config.registryPath,
    pepper: readSecret(config),
    areaAt: areaFinder(config),
    keyOverlapMs: overlapDays * dayMs,
    allowSimulated: simulated === 'yes',
    topicRoot: config.settings.BCC_TOPIC_ROOT,
    city: { brand: city.brand, names: [city.name, city.brand, city.province, city.busService ?? ''] },
    actor,
  })
}

async function openConfiguredStore({ settings, influx }: Config): Promise<TelemetryStore | undefined> {
  if (influx === undefined) return undefined
  const { openInflux } = await import('../storage/telemetry/influx/influx.ts')
  const { BCC_TELEMETRY: engine, BCC_INFLUX_DATABASE: database } = settings
  return openInflux({
    ...influx,
    database,
    bucket: settings.BCC_INFLUX_BUCKET,
    org: settings.BCC_INFLUX_ORG,
    ...(engine !== 'sqlite' && { engine }),
  })
}

/** The TLS files, looked at again at SIGHUP and whenever they change; none where no certificate is set. */
function openTls({ tls }: Config, log: Logger): WatchedTls | undefined {
  if (tls === undefined) return undefined
  try {
    const files = openTlsFiles({ paths: tls, log })
    process.on('SIGHUP', files.reload)
    return files
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error)
    throw new ConfigError([`BCC_TLS_CERT, BCC_TLS_KEY or BCC_TLS_CA cannot be used: ${detail}.`])
  }
}

// ---- the roles

async function runBroker(config: Config, log: Logger): Promise<Running> {
  const [{ startBroker }, { followStates }, { openJournalWriter }] = await load.broker()
  const { settings, journalDir } = config
  const tls = openTls(config, log)
  const registry = await openCityRegistry(config, 'system:broker')
  const broker = await startBroker({
    host: settings.BCC_MQTT_HOST,
    port: settings.BCC_MQTT_PORT,
    tls:
      tls === undefined
        ? undefined
        : {
            port: settings.BCC_MQTTS_PORT,
            source: tls,
            requireCertificate: settings.BCC_TLS_CLIENT_CERT === 'required',
          },
    socketPath: config.socketPath('broker'),
    maxConnections: maxConnections(),
    topicRoot: settings.BCC_TOPIC_ROOT,
    limits: brokerLimits(settings),
    journal: openJournalWriter({ dir: journalDir, quotaBytes: settings.BCC_JOURNAL_QUOTA_MB * megabyte }),
    credentials: registry.credentials,
    services: registry.services,
    followStates: (listener) => followStates(config.socketPath('ingest'), listener),
    sessionsPath: config.sessionsPath,
    log,
  })
  const ports = { BCC_MQTT_PORT: broker.port, ...(broker.tlsPort !== undefined && { BCC_MQTTS_PORT: broker.tlsPort }) }
  return closingAfter({ ports, close: broker.close }, [registry, tls])
}

async function runIngest(config: Config, log: Logger): Promise<Running> {
  const [{ startIngest }, { openJournalReader }] = await load.ingest()
  const { settings, storePath, journalDir } = config
  const registry = await openCityRegistry(config, 'system:ingest')
  const ingest = await startIngest({
    storePath,
    openJournal: (options) => openJournalReader(journalDir, options),
    socketPath: config.socketPath('ingest'),
    topicRoot: settings.BCC_TOPIC_ROOT,
    cityBox: config.city.bbox,
    retention: {
      telemetryDays: settings.BCC_RETENTION_DAYS,
      eventDays: Math.max(settings.BCC_EVENT_RETENTION_DAYS, settings.BCC_RETENTION_DAYS),
      sealAfterHours: settings.BCC_SEAL_AFTER_HOURS,
    },
    limits: {
      budgetBytes: settings.BCC_DISK_BUDGET_MB === undefined ? undefined : settings.BCC_DISK_BUDGET_MB * megabyte,
      floorBytes: settings.BCC_DISK_FLOOR_MB * megabyte,
      outboxBytes: settings.BCC_OUTBOX_QUOTA_MB * megabyte,
    },
    endedOfItself: endedOfItself(loadEnvironment()),
    directory: registry.directory,
    store: await openConfiguredStore(config),
    log,
  })
  return closingAfter(ingest, [registry])
}

/** MQTT over WebSocket takes a second file of the api, towards the broker: each connection may come to that. */
const filesPerHttpConnection = 2

function httpLimitsOf(settings: Settings) {
  const limits = httpLimits(settings)
  const room = Math.floor(maxConnections() / filesPerHttpConnection)
  return { ...limits, connections: Math.min(limits.connections, room) }
}

async function runApi(config: Config, log: Logger): Promise<Running> {
  const [{ startApi }, { connectBroker }, { connectIngest }, { createHistory }, { openLocalReader }] = await load.api()
  const { settings, storePath, siteDir } = config
  const tls = openTls(config, log)
  const registry = await openCityRegistry(config, 'system:api')
  const local = openLocalReader({ storePath })
  const configured = await openConfiguredStore(config)
  const ingest = connectIngest(config.socketPath('ingest'))
  const api = await startApi({
    host: settings.BCC_HTTP_HOST,
    port: settings.BCC_HTTP_PORT,
    tls,
    registry,
    feed: ingest.feed,
    ingest: ingest.control,
    broker: connectBroker(config.socketPath('broker')),
    history: createHistory({ configured, local }),
    retentionMs: settings.BCC_RETENTION_DAYS * dayMs,
    pipeline: local,
    states: local,
    siteDir,
    anchorFile: config.anchorPath,
    limits: httpLimitsOf(settings),
    trustedProxies: settings.BCC_TRUSTED_PROXIES,
    publicHosts: settings.BCC_PUBLIC_HOSTS,
    requireSecondFactor: settings.BCC_REQUIRE_TOTP === '1',
    dashboardDir: join(projectRoot, 'dashboard', 'dist'),
    site: { ...config.city, topicRoot: settings.BCC_TOPIC_ROOT },
    version: config.version,
    log,
  })
  const ports = { BCC_HTTP_PORT: api.port }
  return closingAfter({ ports, close: api.close }, [registry, local, configured, tls])
}

const sqliteFull = 13

/** Settings of the doors that a role opens: ports, and the address that they are on. */
const doors = {
  broker: { ports: ['BCC_MQTT_PORT', 'BCC_MQTTS_PORT'], host: 'BCC_MQTT_HOST' },
  api: { ports: ['BCC_HTTP_PORT'], host: 'BCC_HTTP_HOST' },
} as const

/** A start fault in words, where it is a usual one; what was to be set otherwise is known of a role with its settings. */
export function startFault(error: unknown, started?: { role: ProcessRole; settings: Settings }): unknown {
  if (error instanceof WrongServerError) return new ConfigError([withoutSecrets(error.message)])
  const { code, port, address, path, errcode, hostname = address } = Object(error)
  // https://sqlite.org/rescode.html#full
  if (errcode === sqliteFull) return new ConfigError(['The disk of the data folder is full: make room.'])
  if (path !== undefined && /^(EACCES|EPERM|EROFS|ENOSPC|ENOTDIR|EEXIST)$/.test(String(code)))
    return new ConfigError([
      `${path} cannot be used (${code}): BCC_DATA_DIR must be a folder that this user may write.`,
    ])
  const door = started === undefined || started.role === 'ingest' ? undefined : doors[started.role]
  if (/^(EADDRNOTAVAIL|ENOTFOUND|EAI_\w+|EINVAL)$/.test(String(code)) && door !== undefined && hostname !== undefined)
    return new ConfigError([`${hostname} is no address of this machine: set ${door.host} to one that is.`])
  if (port === undefined) return error
  const setting = door?.ports.find((name) => started?.settings[name] === port) ?? door?.ports[0] ?? 'its setting'
  if (code === 'EADDRINUSE')
    return new ConfigError([
      `Port ${port} on ${address} is in use: stop what uses it, or set ${setting} to another (0 takes any free one).`,
    ])
  if (code === 'EACCES')
    return new ConfigError([
      `Port ${port} on ${address} may not be opened by this user: set ${setting} to one above 1023.`,
    ])
  return error
}

function closingAfter(running: Running, behind: readonly ({ close(): Promise<void> | void } | undefined)[]): Running {
  return {
    ...running,
    async close() {
      await running.close()
      await Promise.all(behind.map((part) => part?.close()))
    },
  }
}

export const processRoles = { broker: runBroker, ingest: runIngest, api: runApi } as const
export type ProcessRole = keyof typeof processRoles
