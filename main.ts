import { readFileSync } from 'node:fs'
import { enableCompileCache } from 'node:module'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { type Logger, pino } from 'pino'
import type { Registry } from './api/registry/registry.ts'
import { type Config, ConfigError, loadEnvironment, readConfig, shownSettings } from './config.ts'
import type { Actor } from './contract/audit.ts'
import { type TelemetryStore, WrongServerError } from './contract/ports.ts'
import { readingLimits } from './contract/reading.ts'
import { areaAt, type Site, siteFiles, siteSchema } from './contract/site.ts'
import { lockFolder, readSecret, recordPorts } from './data-folder.ts'
import { beat, beatEveryMs } from './heartbeat.ts'
import { brokerLimits } from './limit-settings.ts'
import { type Ports, StartError, supervise } from './supervisor.ts'
import { openTlsFiles, type WatchedTls } from './tls-files.ts'

/**
 * The one place that knows every folder: it builds the roles and hands them to each other. Each role loads its own
 * folder only, so that a process holds no code of the others.
 */

interface Running {
  /** Ports that it listens on, by their settings. */
  ports?: Ports
  close(): Promise<void>
}

const roles = { broker: runBroker, ingest: runIngest, api: runApi } as const
type Role = keyof typeof roles
const megabyte = 1024 * 1024
const roleNames = ['broker', 'ingest', 'api'] as const satisfies readonly Role[]

// ---- what several roles need

/** Whatever is logged with it, at the top or one and two levels down: a secret has no place in a log. */
const secretFields = ['password', 'key', 'token', 'code', 'secret', 'cookie', 'authorization', 'auth', 'headers']
const redacted = secretFields.flatMap((name) => [name, `*.${name}`, `*.*.${name}`])

function openLog(config: Config, role: string): Logger {
  return pino({ level: config.settings.BCC_LOG_LEVEL, base: { role }, redact: redacted })
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

async function openCityRegistry(config: Config, actor: Actor): Promise<Registry> {
  const { openRegistry } = await import('./api/registry/registry.ts')
  const { BCC_KEY_OVERLAP_DAYS: overlapDays, BCC_ALLOW_SIMULATED: simulated } = config.settings
  return openRegistry({
    file: config.registryPath,
    pepper: readSecret(config),
    areaAt: areaFinder(config),
    keyOverlapMs: overlapDays * 86_400_000,
    allowSimulated: simulated === 'yes',
    actor,
  })
}

async function openConfiguredStore({ settings }: Config): Promise<TelemetryStore | undefined> {
  const { BCC_INFLUX_URL: url } = settings
  if (settings.BCC_TELEMETRY === 'sqlite' || url === undefined) return undefined
  if (settings.BCC_TELEMETRY === 'influx1') {
    const { openInflux1 } = await import('./ingest/store/influx1.ts')
    const { BCC_INFLUX_DATABASE: database, BCC_INFLUX_USER: user, BCC_INFLUX_PASSWORD: password } = settings
    return openInflux1({
      url,
      database,
      ...(user === undefined ? {} : { user }),
      ...(password === undefined ? {} : { password }),
    })
  }
  const { openInflux2 } = await import('./ingest/store/influx2.ts')
  const { BCC_INFLUX_ORG: org = '', BCC_INFLUX_BUCKET: bucket = '', BCC_INFLUX_TOKEN: token = '' } = settings
  return openInflux2({ url, org, bucket, token })
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
  const { startBroker } = await import('./broker/server.ts')
  const { openJournalWriter } = await import('./ingest/journal/writer.ts')
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
    topicRoot: settings.BCC_TOPIC_ROOT,
    limits: { ...brokerLimits(settings), readingsPerMessage: readingLimits.readingsPerMessage },
    journal: openJournalWriter({ dir: journalDir, quotaBytes: settings.BCC_JOURNAL_QUOTA_MB * megabyte }),
    credentials: registry.credentials,
    log,
  })
  const ports = { BCC_MQTT_PORT: broker.port, ...(broker.tlsPort !== undefined && { BCC_MQTTS_PORT: broker.tlsPort }) }
  return closingAfter({ ports, close: broker.close }, [registry, tls])
}

async function runIngest(config: Config, log: Logger): Promise<Running> {
  const { startIngest } = await import('./ingest/server.ts')
  const { settings, storePath, journalDir } = config
  const registry = await openCityRegistry(config, 'system:ingest')
  const ingest = await startIngest({
    storePath,
    journalDir,
    socketPath: config.socketPath('ingest'),
    topicRoot: settings.BCC_TOPIC_ROOT,
    siteTimeZone: settings.BCC_TIMEZONE,
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
    directory: registry.directory,
    store: await openConfiguredStore(config),
    log,
  })
  return closingAfter(ingest, [registry])
}

async function runApi(config: Config, log: Logger): Promise<Running> {
  const { startApi } = await import('./api/server.ts')
  const { connectBroker } = await import('./api/links/broker-link.ts')
  const { connectIngest } = await import('./api/links/ingest-link.ts')
  const { createHistory } = await import('./ingest/store/history.ts')
  const { openLocalReader } = await import('./ingest/store/local-reader.ts')
  const { settings, storePath, journalDir, siteDir } = config
  const tls = openTls(config, log)
  const registry = await openCityRegistry(config, 'system:api')
  const local = openLocalReader({ storePath, journalDir })
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
    pipeline: local,
    siteDir,
    anchorFile: config.anchorPath,
    requireSecondFactor: settings.BCC_REQUIRE_TOTP === '1',
    dashboardDir: join(import.meta.dirname, 'dashboard', 'dist'),
    timeZone: settings.BCC_TIMEZONE,
    version: config.version,
    log,
  })
  const ports = { BCC_HTTP_PORT: api.port }
  return closingAfter({ ports, close: api.close }, [registry, local, configured, tls])
}

const sqliteFull = 13

/** A start fault in words, where it is a usual one. */
function startFault(error: unknown): unknown {
  if (error instanceof WrongServerError) return new ConfigError([error.message])
  const { code, port, address, path, errcode } = Object(error)
  // https://sqlite.org/rescode.html#full
  if (errcode === sqliteFull) return new ConfigError(['The disk of the data folder is full: make room.'])
  if (path !== undefined && /^(EACCES|EPERM|EROFS|ENOSPC|ENOTDIR|EEXIST)$/.test(String(code)))
    return new ConfigError([
      `${path} cannot be used (${code}): BCC_DATA_DIR must be a folder that this user may write.`,
    ])
  if (port === undefined) return error
  if (code === 'EADDRINUSE')
    return new ConfigError([
      `Port ${port} on ${address} is in use: stop what uses it, or set another (0 takes any free one).`,
    ])
  if (code === 'EACCES')
    return new ConfigError([`Port ${port} on ${address} may not be opened by this user: choose one above 1023.`])
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

/** One role in this process, until a signal or the end of the supervisor. */
async function serveRole(role: Role, config: Config): Promise<void> {
  lockFolder(config, role)
  const log = openLog(config, role)
  process.on('uncaughtException', (error) => {
    log.fatal({ err: error }, 'ended by a fault of ours')
    process.exit(70)
  })
  const running = await roles[role](config, log).catch((error: unknown) => {
    throw startFault(error)
  })
  // Without TLS it ends a process, as usual; with it, it means: look at the files.
  if (config.tls !== undefined) process.on('SIGHUP', () => log.info('SIGHUP'))
  if (process.send === undefined) recordPorts(config, namedPorts(running.ports ?? {}))
  else {
    const tell = (message: object) => process.connected && process.send?.(message)
    tell({ ports: running.ports })
    tell(beat)
    setInterval(tell, beatEveryMs, beat).unref()
  }
  let stopping = false
  const stop = () => {
    // Ctrl-C reaches every process by itself, and again through the supervisor.
    if (stopping) return
    stopping = true
    // Whatever hangs must not hold up a restart; what was acknowledged is on disk already.
    setTimeout(() => process.exit(1), 5000).unref()
    running.close().then(
      () => process.exit(0),
      (error: unknown) => {
        log.error({ err: error }, 'did not close cleanly')
        process.exit(1)
      },
    )
  }
  for (const signal of ['SIGTERM', 'SIGINT', 'disconnect'] as const) process.on(signal, stop)
}

// ---- all roles on one machine

/** The names of `ports.json`. */
const portNames = { BCC_HTTP_PORT: 'http', BCC_MQTT_PORT: 'mqtt', BCC_MQTTS_PORT: 'mqtts' } as const

function namedPorts(ports: Ports): { http?: number; mqtt?: number; mqtts?: number } {
  const named = Object.entries(portNames).flatMap(([setting, name]) => {
    const port = ports[setting]
    return port === undefined ? [] : [[name, port]]
  })
  return Object.fromEntries(named)
}

/** Where cores are short, acknowledging goes before storing, and storing before pages. */
const niceness: Record<Role, number> = { broker: 0, ingest: 3, api: 6 }

interface StartExtras {
  environment: Record<string, string>
  /** Runs once before the roles start; what it returns is printed behind the addresses. */
  prepare?: (registry: Registry) => Promise<(urls: Urls) => string[]>
  /** Command of a further process beside the roles. */
  beside?: (urls: Urls) => string[]
}

interface Urls {
  http: string
  mqtt: string
}

async function startAll(config: Config, { environment, prepare, beside }: StartExtras): Promise<void> {
  lockFolder(config, 'start')
  const log = openLog(config, 'main')
  const registry = await openCityRegistry(config, 'system:start')
  const password = config.settings.BCC_ADMIN_PASSWORD
  const passwordFile = join(config.dataDir, 'admin-password')
  const admin = await registry.people.ensureAdmin({ passwordFile, ...(password === undefined ? {} : { password }) })
  const started = { version: config.version, settings: shownSettings(config.settings) }
  await registry.audit.append('system:start', { action: 'system.started', detail: started })
  const moreLines = await prepare?.(registry)
  await registry.close()

  const parts = roleNames.map((role) => supervise({ command: [role], environment, niceness: niceness[role], log }))
  const stop = async () => {
    await Promise.all(parts.toReversed().map((part) => part.stop()))
  }
  const stopBySignal = () => void stop().then(() => process.exit(0))
  process.once('SIGTERM', stopBySignal)
  process.once('SIGINT', stopBySignal)
  const told = await Promise.all(parts.map(({ ready }) => ready)).catch(async (error: unknown) => {
    await stop()
    throw error
  })
  const lookAtFiles = () => {
    for (const part of parts) part.signal('SIGHUP')
  }
  if (config.tls !== undefined) process.on('SIGHUP', lookAtFiles)
  const { http = 0, mqtt = 0, mqtts } = namedPorts(Object.assign({}, ...told))
  recordPorts(config, { http, mqtt, mqtts })
  const scheme = config.tls === undefined ? 'http' : 'https'
  const urls = {
    http: `${scheme}://${reachable(config.settings.BCC_HTTP_HOST)}:${http}`,
    mqtt: `mqtt://${reachable(config.settings.BCC_MQTT_HOST)}:${mqtt}`,
  }
  if (beside !== undefined) parts.push(supervise({ command: beside(urls), environment, log }))
  const lines = [
    `Binjai Command Center ${config.version} is ready.`,
    `  wall and console  ${urls.http}/`,
    `  MQTT              ${urls.mqtt}`,
    ...(mqtts === undefined ? [] : [`  MQTT over TLS     mqtts://127.0.0.1:${mqtts}`]),
    ...(admin?.random === true
      ? [`  first login       ${admin.username} / ${admin.password}   (also in ${passwordFile})`]
      : []),
    ...(moreLines?.(urls) ?? []),
  ]
  process.stdout.write(`${lines.join('\n')}\n`)
}

function reachable(host: string): string {
  return host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host
}

// ---- the demo

const demoSettings = { BCC_DATA_DIR: './data-demo', BCC_LOG_LEVEL: 'warn' }
const demoSeed = 1

/** The whole system on a data folder of its own, with the simulated city connected over real MQTT. */
async function startDemo(): Promise<void> {
  const { registerDemoFleet } = await import('./firmware-sim/demo-fleet.ts')
  const { cityFleet } = await import('./firmware-sim/fleet.ts')
  const { readSite } = await import('./firmware-sim/site-folder.ts')
  const environment = { ...demoSettings, ...stringsOf(loadEnvironment()) }
  const config = readConfig(environment)
  const fleet = cityFleet({ site: await readSite(config.siteDir), seed: demoSeed })
  const keysFile = join(config.dataDir, 'fleet-keys.json')
  await startAll(config, {
    environment,
    async prepare(registry) {
      process.stdout.write(`Registering ${fleet.length} simulated devices …\n`)
      await registerDemoFleet({ devices: registry.devices, fleet, keysFile })
      const code = await registry.loginLinks.create('admin')
      return ({ http }) => [`  open the wall     ${http}/masuk/${code}   (once, without a password)`]
    },
    beside: ({ mqtt }) => {
      const root = config.settings.BCC_TOPIC_ROOT
      return [
        'sim',
        '--demo',
        '--quiet',
        '--url',
        mqtt,
        '--keys',
        keysFile,
        '--seed',
        String(demoSeed),
        '--site',
        config.siteDir,
        '--topic-root',
        root,
      ]
    },
  })
}

function stringsOf(environment: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).flatMap(([name, value]) =>
      value === undefined || value === '' ? [] : [[name, value]],
    ),
  )
}

// ---- commands

/** The person behind sudo, where there is one. */
function commandLineActor(): Actor {
  return `cli:${loadEnvironment().SUDO_USER ?? systemUser()}`
}

/** A user without an entry in the system's list, as in some containers, has a number only. */
function systemUser(): string {
  try {
    return userInfo().username
  } catch {
    return String(process.getuid?.() ?? 'unknown')
  }
}

async function main([command = 'start', ...rest]: string[]): Promise<void> {
  if (command === 'sim') {
    const { runSimulatorCommand } = await import('./firmware-sim/cli.ts')
    process.exitCode = await runSimulatorCommand(rest, { out: process.stdout, err: process.stderr })
    return
  }
  if (command === 'demo') return startDemo()
  const config = readConfig()
  if (command === 'bcc') {
    const { runBcc } = await import('./api/cli/bcc.ts')
    const { stdin, stdout: out, stderr: err } = process
    const openRegistry = () => openCityRegistry(config, commandLineActor())
    process.exitCode = await runBcc(rest, {
      openRegistry,
      anchorFile: config.anchorPath,
      out,
      err,
      stdin,
    })
  } else if (command === 'start') await startAll(config, { environment: stringsOf(loadEnvironment()) })
  else if (Object.hasOwn(roles, command)) await serveRole(command as Role, config)
  else {
    process.stderr.write(`There is no command "${command}": start, demo, sim, bcc, ${roleNames.join(', ')}.\n`)
    process.exitCode = 2
  }
}

// Compiled code is kept between starts: a role that was killed is back sooner.
enableCompileCache()
main(process.argv.slice(2)).catch((thrown: unknown) => {
  const error = startFault(thrown)
  const expected = error instanceof ConfigError || error instanceof StartError
  const unexpected = error instanceof Error ? (error.stack ?? error.message) : String(error)
  process.stderr.write(`${expected ? error.message : unexpected}\n`)
  process.exit(1)
})
