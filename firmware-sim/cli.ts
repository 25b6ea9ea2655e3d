import { fileURLToPath } from 'node:url'
import { Command, CommanderError, InvalidArgumentError } from 'commander'
import { pino } from 'pino'
import { z } from 'zod'
import { createZone } from '../domain/zone.ts'
import { demoSchedule } from './demo-schedule.ts'
import { cityFleet } from './fleet.ts'
import type { FleetDevice } from './fleet-device.ts'
import { progressLine, summaryLine } from './progress.ts'
import { readKeys, registerFleet, writeKeys } from './registration.ts'
import type { ScenarioParams, ScheduledScenario } from './scenario.ts'
import { findScenario, scenarios } from './scenarios/index.ts'
import { type RunningSimulator, type SimulatorStats, startSimulator } from './simulator.ts'
import { readSite } from './site-folder.ts'
import { syntheticFleet } from './synthetic-fleet.ts'

interface SimulatorOutput {
  out: NodeJS.WritableStream
  err: NodeJS.WritableStream
  /** Ends the run early, as Ctrl-C does. */
  signal?: AbortSignal
}

interface Options {
  url: string
  devices?: number
  rate?: number
  seed: number
  duration?: number
  scenario: string[]
  set: ScenarioParams
  demo?: boolean
  quiet?: boolean
  keys?: string
  api?: string
  user: string
  password?: string
  site: string
  timezone?: string
  topicRoot: string
}

/** A scenario from the command line begins when the fleet has come up: so long, and longer the more there are. */
const settledAfterS = 10
const settledPerS = 500
const logLineSchema = z.object({ msg: z.string(), scenario: z.string().optional() })
const defaultSite = fileURLToPath(new URL('../contract/site/binjai', import.meta.url))

/**
 * `npm run sim -- …`: connects simulated devices to a broker and tells each second how it goes. Resolves to the exit
 * status: 0, 1 for what failed (one sentence on `err`), 2 for wrong usage.
 */
export async function runSimulatorCommand(argv: readonly string[], output: SimulatorOutput): Promise<number> {
  const command = createCommand(output)
  try {
    command.parse(argv, { from: 'user' })
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    throw error
  }
  try {
    await run(command.opts<Options>(), output)
    return 0
  } catch (error) {
    output.err.write(`${error instanceof Error ? error.message : String(error)}\n`)
    return 1
  }
}

function createCommand({ out, err }: SimulatorOutput): Command {
  const list = scenarios
    .map(
      ({ id, params }) =>
        `  ${id.padEnd(16)} ${Object.entries(params)
          .map(([name, what]) => `${name}: ${what}`)
          .join('; ')}`,
    )
    .join('\n')
  return new Command('sim')
    .description('Simulated devices on real MQTT connections: the city, or any number for a load test.')
    .option('--url <url>', 'broker', parseUrl, 'mqtt://127.0.0.1:1883')
    .option('--devices <n>', 'so many devices of mixed profiles instead of the city', parseCount)
    .option('--rate <n>', 'readings a second of each device, instead of its own interval', parsePositive)
    .option('--seed <n>', 'the same seed, the same day', parseWhole, 1)
    .option('--duration <s>', 'end after so many seconds; otherwise on Ctrl-C', parsePositive)
    .option('--scenario <id>', 'play a scenario once the fleet is up, after 10 s or more; may be repeated', collect, [])
    .option('--set <name=value>', 'parameter of the scenarios; may be repeated', collectParam, {})
    .option('--demo', "the demo's round of scenarios")
    .option('--quiet', 'no line a second')
    .option('--keys <file>', 'keys of the devices, {"id": "key"}; new ones are added')
    .option('--api <url>', 'register the devices there first', parseUrl)
    .option('--user <name>', 'who registers them', 'admin')
    .option('--password <password>', 'of that user')
    .option('--site <folder>', 'folder of the city', defaultSite)
    .option('--timezone <name>', "whose hours the city lives by; the site's own when absent", parseZone)
    .option('--topic-root <root>', 'beginning of every topic', 'binjai/v1')
    .addHelpText('after', `\nScenarios and their parameters:\n${list}`)
    .configureOutput({ writeOut: (text) => out.write(text), writeErr: (text) => err.write(text) })
    .exitOverride()
}

async function run(options: Options, output: SimulatorOutput): Promise<void> {
  const site = await readSite(options.site)
  const { devices: count, seed } = options
  const fleet = count === undefined ? cityFleet({ site, seed }) : syntheticFleet({ count, seed, site })
  const keys = await obtainKeys(options, fleet, output)
  const log = pino({ level: 'info' }, { write: (line) => output.err.write(plainText(line)) })
  const simulator = await startSimulator({
    url: options.url,
    fleet,
    keys,
    ...(options.rate === undefined ? {} : { rate: options.rate }),
    seed,
    scenarios: scheduleOf(options, Math.ceil(settledAfterS + fleet.length / settledPerS)),
    topicRoot: options.topicRoot,
    log,
    siteDir: options.site,
    ...(options.timezone !== undefined && { timeZone: options.timezone }),
  })
  const { failed, connected, published } = await watch(simulator, {
    ...output,
    durationS: options.duration,
    quiet: options.quiet === true,
  })
  if (failed > 0 && connected + published === 0) throw new Error(`no device could connect to ${options.url}`)
}

/** Each scenario is given those of the parameters that it knows. Throws for one that none of them knows. */
function scheduleOf({ scenario: wanted, set, demo }: Options, atS: number): ScheduledScenario[] {
  const known = new Set<string>()
  const named = wanted.map((id): ScheduledScenario => {
    const own = Object.keys(findScenario(id)?.params ?? {}).filter((name) => Object.hasOwn(set, name))
    for (const name of own) known.add(name)
    return { id, atS, params: Object.fromEntries(own.map((name) => [name, set[name]])) }
  })
  const stranger = Object.keys(set).find((name) => !known.has(name))
  if (stranger !== undefined) throw new Error(`no scenario that is to be played has a parameter "${stranger}"`)
  return [...(demo === true ? demoSchedule : []), ...named]
}

async function obtainKeys(
  { keys: file, api, user, password }: Options,
  fleet: readonly FleetDevice[],
  { out }: SimulatorOutput,
): Promise<Map<string, string>> {
  const keys = file === undefined ? new Map<string, string>() : await readKeys(file)
  if (api === undefined) return keys
  if (password === undefined) throw new Error('--api needs --password')
  const known = keys.size
  try {
    await registerFleet({ api, user, password, fleet, keys })
  } finally {
    if (file !== undefined && keys.size > known) await writeKeys(file, keys)
  }
  out.write(`${keys.size - known} devices registered at ${api}\n`)
  return keys
}

async function watch(
  simulator: RunningSimulator,
  { out, signal, durationS, quiet }: SimulatorOutput & { durationS: number | undefined; quiet: boolean },
): Promise<SimulatorStats> {
  const startMs = performance.now()
  const elapsedS = () => (performance.now() - startMs) / 1000
  let before = { atS: 0, stats: simulator.stats() }
  const sayHowItGoes = () => {
    const now = { atS: elapsedS(), stats: simulator.stats() }
    out.write(`${progressLine(now.stats, before.stats, now.atS - before.atS)}\n`)
    before = now
  }
  const timer = quiet ? undefined : setInterval(sayHowItGoes, 1000)
  await untilEnd(durationS, signal)
  clearInterval(timer)
  const atS = elapsedS()
  await simulator.close()
  const stats = simulator.stats()
  out.write(`${summaryLine(stats, atS)}\n`)
  return stats
}

/** What a log line says, without the JSON around it. */
function plainText(line: string): string {
  const { msg, scenario } = logLineSchema.parse(JSON.parse(line))
  return `${scenario === undefined ? '' : `[${scenario}] `}${msg}\n`
}

/** After the duration, on Ctrl-C, or when the caller says so. */
function untilEnd(durationS: number | undefined, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const timer = durationS === undefined ? undefined : setTimeout(end, durationS * 1000)
    function end() {
      clearTimeout(timer)
      process.off('SIGINT', end)
      process.off('SIGTERM', end)
      signal?.removeEventListener('abort', end)
      resolve()
    }
    process.on('SIGINT', end)
    process.on('SIGTERM', end)
    signal?.addEventListener('abort', end)
    if (signal?.aborted === true) end()
  })
}

function collect(id: string, before: string[]): string[] {
  return [...before, id]
}

function collectParam(text: string, before: ScenarioParams): ScenarioParams {
  const [, name, value] = /^([a-z]+)=(.+)$/.exec(text) ?? []
  if (name === undefined || value === undefined) throw new InvalidArgumentError('It must look like river=bingai.')
  return { ...before, [name]: value }
}

function parseUrl(text: string): string {
  if (!URL.canParse(text)) throw new InvalidArgumentError('It must look like mqtt://127.0.0.1:1883.')
  return text
}

function parseZone(name: string): string {
  try {
    createZone(name)
    return name
  } catch {
    throw new InvalidArgumentError('It must be an IANA time zone, such as Asia/Jakarta.')
  }
}

function parsePositive(text: string): number {
  const given = Number(text)
  if (!(given > 0 && Number.isFinite(given))) throw new InvalidArgumentError('It must be a number above 0.')
  return given
}

function parseWhole(text: string): number {
  const given = Number(text)
  if (!Number.isSafeInteger(given)) throw new InvalidArgumentError('It must be a whole number.')
  return given
}

function parseCount(text: string): number {
  const given = parseWhole(text)
  if (given < 1) throw new InvalidArgumentError('It must be at least 1.')
  return given
}
