import { enableCompileCache } from 'node:module'
import { userInfo } from 'node:os'
import { join, resolve } from 'node:path'
import type { Logger } from 'pino'
import type { Actor } from './contract/http/audit.ts'
import { urlAt } from './contract/net/address.ts'
import { withoutSecrets } from './contract/secrets.ts'
import { compiledFolder, compileOnce } from './runtime/compile-cache.ts'
import {
  type Config,
  ConfigError,
  loadEnvironment,
  readConfig,
  readEnvironment,
  readVersion,
  shownSettings,
} from './runtime/config.ts'
import { lockFolder, recordPorts } from './runtime/data-folder.ts'
import { simulatorCommand } from './runtime/demo.ts'
import { prepareInfluxd, runInfluxd } from './runtime/demo-influxd.ts'
import { beat, beatEveryMs } from './runtime/heartbeat.ts'
import { closeToOthers, keepFilesPrivate } from './runtime/private-files.ts'
import { loadAllRoles, openCityRegistry, openLog, type ProcessRole, processRoles, startFault } from './runtime/roles.ts'
import { type Ports, StartError, supervise } from './runtime/supervisor.ts'
import type { Registry } from './storage/registry/registry.ts'

const roleNames = ['broker', 'ingest', 'api'] as const satisfies readonly ProcessRole[]

/** One role in this process, until a signal or the end of the supervisor. */
async function serveRole(role: ProcessRole, config: Config): Promise<void> {
  lockFolder(config, role)
  const log = openLog(config, role)
  process.on('uncaughtException', (error) => {
    log.fatal({ err: error }, 'ended by a fault of ours')
    process.exit(70)
  })
  const running = await processRoles[role](config, log).catch((error: unknown) => {
    throw startFault(error, { role, settings: config.settings })
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
const shares = {
  broker: { niceness: 0, memory: 'usual' },
  ingest: { niceness: 3, memory: 'thrifty', noticeLoops: true },
  api: { niceness: 6, memory: 'thrifty' },
} as const satisfies Record<ProcessRole, object>

interface StartExtras {
  environment: Record<string, string>
  /** Runs once before the roles start; what it returns is printed behind the addresses. */
  prepare?: (registry: Registry) => Promise<(urls: Urls) => string[]>
  /** Commands of further processes beside the roles. */
  beside?: (urls: Urls) => string[][]
}

interface Urls {
  http: string
  mqtt: string
}

async function startAll(config: Config, { environment: all, prepare, beside }: StartExtras): Promise<void> {
  lockFolder(config, 'start')
  const given = without(/^BCC_ADMIN_PASSWORD$/, all)
  const compiled = compileOnce(config.version, given)
  const log = openLog(config, 'main')
  for (const words of config.notices) process.stderr.write(`${words}\n`)
  tellOpenFiles(config, log)
  const registry = await openCityRegistry(config, 'system:start')
  const password = config.settings.BCC_ADMIN_PASSWORD
  const passwordFile = join(config.dataDir, 'admin-password')
  const admin = await registry.people.ensureAdmin({ passwordFile, ...(password === undefined ? {} : { password }) })
  if (password !== undefined && admin === undefined)
    log.warn('BCC_ADMIN_PASSWORD is set but was used before: take it out, this process shows it to its own user')
  const started = { version: config.version, settings: shownSettings(config.settings) }
  await registry.audit.append('system:start', { action: 'system.started', detail: started })
  const moreLines = await prepare?.(registry)
  await registry.close()

  const environment = { ...given, ...(await compiled) }
  const parts = roleNames.map((role) => supervise({ command: [role], environment, ...shares[role], log }))
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
    http: urlAt(scheme, reachable(config.settings.BCC_HTTP_HOST), http),
    mqtt: urlAt('mqtt', reachable(config.settings.BCC_MQTT_HOST), mqtt),
  }
  for (const command of beside?.(urls) ?? []) {
    parts.push(supervise({ command, environment: without(/PASSWORD|TOKEN|INFLUX_URL/, environment), log }))
  }
  const lines = [
    `${config.city.brand} ${config.version} is ready.`,
    `  wall and console  ${urls.http}/`,
    `  MQTT              ${urls.mqtt}`,
    ...(mqtts === undefined ? [] : [`  MQTT over TLS     ${urlAt('mqtts', '127.0.0.1', mqtts)}`]),
    ...(admin?.random === true
      ? [`  first login       ${admin.username} / ${admin.password}   (also in ${passwordFile})`]
      : []),
    ...(moreLines?.(urls) ?? []),
  ]
  process.stdout.write(`${lines.join('\n')}\n`)
}

/** A process shows its environment to its user for as long as it runs: it gets no secret that it has no use for. */
function without(names: RegExp, environment: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !names.test(name)))
}

/** A folder that was made before us, or by a version that left its files open. */
function tellOpenFiles({ dataDir }: Config, log: Logger): void {
  const open = closeToOthers(dataDir)
  if (open.length > 0)
    log.warn(
      { paths: open.slice(0, 10), count: open.length },
      'other users of this machine may look into the data folder',
    )
}

function reachable(host: string): string {
  return host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host
}

// ---- the demo

const demoSettings = { BCC_DATA_DIR: './data-demo', BCC_LOG_LEVEL: 'warn' }
const demoSeed = 1

/** The whole system on a data folder of its own, with the simulated city connected over real MQTT. */
async function startDemo(options: readonly string[]): Promise<void> {
  const unknown = options.find((option) => option !== '--influx')
  if (unknown !== undefined) return usage(`demo has no option "${unknown}"`)
  const { registerDemoFleet } = await import('./firmware-sim/demo-fleet.ts')
  const { cityFleet } = await import('./firmware-sim/fleet.ts')
  const { readSite } = await import('./firmware-sim/site-folder.ts')
  const own = { ...demoSettings, ...stringsOf(loadEnvironment()) }
  const influxd = options.length > 0 ? await prepareInfluxd(resolve(own.BCC_DATA_DIR), own) : undefined
  const environment = { ...own, ...(influxd && { BCC_INFLUX_URL: influxd.url }) }
  const config = readConfig(environment)
  const fleet = cityFleet({ site: await readSite(config.siteDir), seed: demoSeed })
  const keysFile = join(config.dataDir, 'fleet-keys.json')
  await startAll(config, {
    environment,
    async prepare(registry) {
      process.stdout.write(`Registering ${fleet.length} simulated devices …\n`)
      await registerDemoFleet({ devices: registry.devices, fleet, keysFile })
      const code = await registry.loginLinks.create('admin')
      return ({ http }) => [
        `  open the wall     ${http}/masuk/${code}   (once, without a password)`,
        ...(influxd?.lines(config.settings.BCC_INFLUX_DATABASE) ?? []),
      ]
    },
    beside: ({ mqtt }) => {
      const sim = simulatorCommand(config, { mqtt, keysFile, seed: demoSeed })
      return influxd === undefined ? [sim] : [influxd.command, sim]
    },
  })
}

function usage(words: string): void {
  process.stderr.write(`${words}: see node main.ts --help.\n`)
  process.exitCode = 2
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

const help = `node main.ts [command]

  start    the whole system (also without a command)
  demo     the same on its own data folder, with the simulated city; with --influx also an influxd of its own
  sim      simulated devices; sim --help
  bcc      devices, people, tokens, audit; bcc --help
  ${roleNames.join(', ')}
           one role alone

Settings stand in .env.example.
`

async function main([command = 'start', ...rest]: string[]): Promise<void> {
  // What is compiled at an installation is for whoever runs it, and holds nothing secret.
  if (command !== 'compile' && command !== 'load') keepFilesPrivate()
  if (command === 'sim') {
    const { runSimulatorCommand } = await import('./firmware-sim/cli.ts')
    process.exitCode = await runSimulatorCommand(rest, { out: process.stdout, err: process.stderr })
    return
  }
  if (/^(--help|-h|help)$/.test(command)) return void process.stdout.write(help)
  if (command === 'demo') return startDemo(rest)
  if (command === 'influxd') return runInfluxd(rest)
  if (command === 'load') return loadAllRoles()
  if (command === 'compile') return void (await compileOnce(readVersion(), stringsOf(readEnvironment().environment)))
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
  else if (Object.hasOwn(processRoles, command)) await serveRole(command as ProcessRole, config)
  else usage(`There is no command "${command}"`)
}

// Compiled code is kept between starts: a role that was killed is back sooner.
enableCompileCache(compiledFolder)
main(process.argv.slice(2)).catch((thrown: unknown) => {
  const error = startFault(thrown)
  const expected = error instanceof ConfigError || error instanceof StartError
  const unexpected = error instanceof Error ? (error.stack ?? error.message) : String(error)
  process.stderr.write(`${withoutSecrets(expected ? error.message : unexpected)}\n`)
  process.exit(1)
})
