import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'
import { withoutSecrets } from '../contract/secrets.ts'
import { type CityFacts, readCity } from './city.ts'
import { type EnvFile, parseEnvFile } from './env-file.ts'
import { type InfluxAddress, influxAddress } from './influx-address.ts'
import { projectRoot } from './project-root.ts'
import { crossFaults, type Given, idleSettings } from './setting-faults.ts'
import { isTimeZone } from './setting-types.ts'
import { settings } from './settings.ts'

const settingsSchema = z.object(settings)
const defaults = settingsSchema.parse({})
const secretName = /PASSWORD|TOKEN|SECRET/

/** What differs from the defaults, with nothing secret in it: for the audit. */
export function shownSettings(chosen: Settings): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(chosen)
      .filter(([name, value]) => !isDeepStrictEqual(value, Object(defaults)[name]))
      .map(([name, value]) => [name, secretName.test(name) ? 'set' : withoutLogin(value)]),
  )
}

function withoutLogin(value: unknown): unknown {
  return typeof value === 'string' ? withoutSecrets(value) : value
}

export type Settings = z.infer<typeof settingsSchema>

export interface Config {
  settings: Settings
  dataDir: string
  storePath: string
  journalDir: string
  sessionsPath: string
  registryPath: string
  /** Second place of the audit. */
  anchorPath: string
  siteDir: string
  city: CityFacts
  /** Paths of PEM files. */
  tls: { cert: string; key: string; ca: string | undefined } | undefined
  /** InfluxDB, where it is turned on. */
  influx: InfluxAddress | undefined
  /** What whoever starts it should know, as sentences: settings that change nothing, or that go before the site folder. */
  notices: string[]
  /** Folder of the local sockets: whoever uses it makes sure that it is private. */
  socketDir: string
  /** Local socket of a role. */
  socketPath: (role: string) => string
  /** Set in the tests' and the build machine's environment. */
  version: string
}

/** All faults of the environment at once, as sentences. */
export class ConfigError extends Error {
  readonly code = 'config'
  readonly sentences: readonly string[]
  constructor(sentences: readonly string[]) {
    super(sentences.join('\n'))
    this.sentences = sentences
  }
}

/** Longest path that a local socket may have on every system (sun_path of macOS, less its end). */
const longestSocketPath = 100

/** Reads `.env` (what is set already wins), checks everything. Throws ConfigError. */
export function readConfig(environment?: Record<string, string | undefined>): Config {
  const read = environment === undefined ? readEnvironment() : { environment, faults: [] }
  const { given, blank } = givenSettings(read.environment)
  const known = Object.fromEntries(Object.entries(given).filter(([name]) => Object.hasOwn(settings, name)))
  const parsed = settingsSchema.safeParse({ ...(given.BCC_TLS_CERT !== undefined && openHost), ...known })
  const issues = (parsed.error?.issues ?? []).map(({ path, message }) => ({ name: path.slice(0, 1).join(''), message }))
  const siteDir =
    given.BCC_SITE_DIR === undefined ? join(projectRoot, defaults.BCC_SITE_DIR) : resolve(given.BCC_SITE_DIR)
  const { city, ...told } = readCity({
    siteDir,
    zoneGiven: given.BCC_TIMEZONE !== undefined && isTimeZone(given.BCC_TIMEZONE) ? given.BCC_TIMEZONE : undefined,
    zoneDefault: defaults.BCC_TIMEZONE,
  })
  const wrong = new Set([...issues.map(({ name }) => name), ...blank])
  const unknown = Object.keys(given).filter((name) => !Object.hasOwn(settings, name))
  const sentences = [
    ...read.faults,
    ...blank.map((name) => `${name} is blank: give it a value, or take it away.`),
    ...issues.map(({ name, message }) => sentence(name, message, given)),
    ...crossFaults(given, wrong),
    ...told.faults,
    ...unknown.map((name) => `${name} is no setting of this system; see .env.example.`),
  ]
  if (!parsed.success || sentences.length > 0) throw new ConfigError(sentences)
  const dataDir = resolve(parsed.data.BCC_DATA_DIR)
  const { BCC_TLS_CERT: cert, BCC_TLS_KEY: key, BCC_TLS_CA: ca } = parsed.data
  const socketDir = socketDirOf(dataDir)
  return {
    settings: { ...parsed.data, BCC_TIMEZONE: city.timeZone },
    dataDir,
    storePath: join(dataDir, 'store', 'hot.db'),
    journalDir: join(dataDir, 'journal'),
    sessionsPath: join(dataDir, 'broker', 'sessions.db'),
    registryPath: join(dataDir, 'registry.db'),
    anchorPath: resolve(parsed.data.BCC_AUDIT_ANCHOR ?? join(dataDir, 'audit-anchor.jsonl')),
    siteDir,
    city,
    tls: cert === undefined || key === undefined ? undefined : { cert, key, ca },
    influx: influxOf(parsed.data),
    notices: [...idleSettings(given), ...told.notices],
    socketDir,
    socketPath: (role) => join(socketDir, `${role}.sock`),
    version: readVersion(),
  }
}

/** In the data folder; in the system's temporary one if the path would be too long. */
function socketDirOf(dataDir: string): string {
  const usual = join(dataDir, 'run')
  if (join(usual, 'broker.sock').length <= longestSocketPath) return usual
  const name = createHash('sha256').update(dataDir).digest('hex').slice(0, 16)
  return join(tmpdir(), `bcc-${process.getuid?.() ?? 0}-${name}`)
}

/** With a certificate HTTP is HTTPS, and open to the network unless told otherwise. */
const openHost = { BCC_HTTP_HOST: '0.0.0.0' }

function influxOf(given: Settings): InfluxAddress | undefined {
  const { BCC_TELEMETRY: engine, BCC_INFLUX_URL: url } = given
  if (engine === 'sqlite' || url === undefined) return undefined
  const { BCC_INFLUX_USER: user, BCC_INFLUX_PASSWORD: password, BCC_INFLUX_TOKEN: token } = given
  return influxAddress({ url, user, password, token })
}

/** Longest value that is repeated to who set it. */
const maxShown = 60

function sentence(name: string, message: string, given: Given): string {
  const value = given[name] ?? ''
  const isSecret = secretName.test(name) || /[/@]/.test(value)
  return isSecret ? `${name} ${message}.` : `${name} ${message}: ${printable(value)}.`
}

function printable(value: string): string {
  const shown = value.length > maxShown ? `${value.slice(0, maxShown)}…` : value
  return shown.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '\ufffd')
}

/** What is set of ours, without the blanks around it; nothing is as good as not set, blanks alone are a mistake. */
function givenSettings(environment: Record<string, string | undefined>): { given: Given; blank: string[] } {
  const ours = Object.entries(environment).filter(([name]) => /^bcc[_-]/i.test(name))
  const given: Given = {}
  const blank: string[] = []
  for (const [name, value = ''] of ours) {
    if (value === '') continue
    if (value.trim() === '') blank.push(name)
    else given[name] = secretName.test(name) ? value : value.trim()
  }
  return { given, blank }
}

interface Environment {
  environment: Record<string, string | undefined>
  /** What is wrong with `.env`. */
  faults: string[]
}

/** The environment with `.env` behind it. */
export function readEnvironment(): Environment {
  const { values, faults } = readEnvFile('.env')
  for (const [name, value] of Object.entries(values)) process.env[name] ??= value
  return { environment: process.env, faults }
}

function readEnvFile(path: string): EnvFile {
  try {
    return existsSync(path) ? parseEnvFile(readFileSync(path), path) : { values: {}, faults: [] }
  } catch (error) {
    return { values: {}, faults: [`${path} cannot be read (${Object(error).code}).`] }
  }
}

/** The same for whoever needs no settings. Throws ConfigError. */
export function loadEnvironment(): Record<string, string | undefined> {
  const { environment, faults } = readEnvironment()
  if (faults.length > 0) throw new ConfigError(faults)
  return environment
}

export function readVersion(): string {
  const { version } = z
    .object({ version: z.string() })
    .parse(JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8')))
  return version
}

/** The text of `.env.example`. */
export function environmentExample(): string {
  const lines = Object.entries(settings).map(([name, schema]) => {
    const fallback = schema.safeParse(undefined)
    const shown = fallback.success && fallback.data !== undefined ? String(fallback.data) : ''
    return `# ${schema.description ?? ''}\n#${name}=${shown}\n`
  })
  return `# Settings, each with its default. Copy to .env and take the # away where yours differs.\n\n${lines.join('\n')}`
}

if (import.meta.main) process.stdout.write(environmentExample())
