import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'
import { withoutSecrets } from '../contract/secrets.ts'
import { type CityFacts, readCity } from './city.ts'
import { type EnvFile, parseEnvFile } from './env-file.ts'
import { type InfluxAddress, influxAddress, isInfluxUrl } from './influx-address.ts'
import { limitSettings } from './limit-settings.ts'
import { projectRoot } from './project-root.ts'
import { crossFaults, type Given, idleSettings } from './setting-faults.ts'
import {
  choice,
  decimal,
  host,
  isAddressRange,
  isHostName,
  isTimeZone,
  listOf,
  port,
  text,
  whole,
} from './setting-types.ts'

/**
 * Every setting, with its default and a sentence for the person who sets it. `.env.example` is made from this list
 * (`node runtime/config.ts`), the table of `docs/settings.md` too.
 */

const settings = {
  BCC_DATA_DIR: text.default('./data').describe('Folder for everything that is kept'),
  BCC_HTTP_PORT: port
    .default(8080)
    .describe('HTTP port: wall, console, API, MQTT over WebSocket at /mqtt; 0 takes any free one'),
  BCC_HTTP_HOST: host
    .default('127.0.0.1')
    .describe('Address for HTTP; 0.0.0.0 opens it to the network. With a certificate all addresses, unless set'),
  BCC_PUBLIC_HOSTS: listOf(isHostName, 'needs names such as komando.binjai.go.id, joined by commas')
    .default([])
    .describe(
      "Names that HTTP requests may ask for, joined by commas; addresses, localhost, the machine's own name and those of its certificate always may",
    ),
  BCC_TRUSTED_PROXIES: listOf(isAddressRange, 'needs addresses or ranges such as 10.0.0.0/8, joined by commas')
    .default([])
    .describe(
      'Addresses of reverse proxies (CIDR), joined by commas: their X-Forwarded-For, -Proto and -Host are believed',
    ),
  BCC_MQTT_PORT: port.default(1883).describe('MQTT port; 0 takes any free one'),
  BCC_MQTT_HOST: host
    .default('127.0.0.1')
    .describe('Address for plain MQTT; 0.0.0.0 opens it to the network, which the wall shows'),
  BCC_MQTTS_PORT: port
    .default(8883)
    .describe('MQTT over TLS, on all addresses, when a certificate is given; 0 takes any free one'),
  BCC_TLS_CERT: text.optional().describe('Certificate file (PEM); with BCC_TLS_KEY it turns on MQTTS and HTTPS'),
  BCC_TLS_KEY: text.optional().describe('Private key file (PEM)'),
  BCC_TLS_CA: text
    .optional()
    .describe(
      'Authority file (PEM) of client certificates; one that names a device signs it in to MQTTS without a key',
    ),
  BCC_TLS_CLIENT_CERT: choice(['optional', 'required'])
    .default('optional')
    .describe('required: every client of MQTTS must show a certificate of BCC_TLS_CA; optional: a key is enough'),
  BCC_TOPIC_ROOT: z
    .string()
    .regex(/^[a-z0-9-]+(\/[a-z0-9-]+)*$/, 'is not levels of a-z, 0-9 and "-", joined by "/"')
    .default('binjai/v1')
    .describe('First levels of every topic'),
  BCC_TIMEZONE: z
    .string()
    .refine(isTimeZone, 'is no IANA time zone, such as Asia/Jakarta')
    .default('Asia/Jakarta')
    .describe("The city's time zone; where it is not set, that of site.json in the site folder"),
  BCC_SITE_DIR: text
    .default('contract/site/binjai')
    .describe('Site folder, which makes a city: name, time zone, outlines, rivers, streets, places'),
  BCC_ADMIN_PASSWORD: z
    .string()
    .min(12, 'needs at least 12 characters')
    .optional()
    .describe('Password of the first admin; random when absent'),
  BCC_KEY_OVERLAP_DAYS: decimal({ most: 365 })
    .default(7)
    .describe('Days that the key before works on after a device got a new one; 0 ends it at once'),
  BCC_ALLOW_SIMULATED: choice(['yes', 'no'])
    .default('yes')
    .describe('no: simulated devices (ids that begin with sim-) can neither be registered nor connect'),
  BCC_RETENTION_DAYS: whole({ least: 2, most: 36_500 }).default(365).describe('Days that readings are kept'),
  BCC_EVENT_RETENTION_DAYS: whole({ least: 2, most: 36_500 })
    .default(1825)
    .describe('Days that events, status messages and changes of state are kept; not less than BCC_RETENTION_DAYS'),
  BCC_SEAL_AFTER_HOURS: decimal({ least: 1, most: 8760 })
    .default(6)
    .describe('Hours after the end of a UTC day at which its readings are sealed into compressed blobs'),
  BCC_DISK_BUDGET_MB: whole({ least: 64 })
    .optional()
    .describe('Disk for readings; past it the oldest sealed days go, counted. Absent: retention alone decides'),
  BCC_DISK_FLOOR_MB: whole({ least: 0 })
    .default(1024)
    .describe('Less free disk than this is shown as a fault; nothing else changes by it'),
  BCC_OUTBOX_QUOTA_MB: whole({ least: 1 })
    .default(2048)
    .describe('Disk for readings that wait for InfluxDB; past it the oldest are not forwarded, and counted so'),
  BCC_JOURNAL_QUOTA_MB: whole({ least: 16 })
    .default(2048)
    .describe('Disk for messages that ingest has not read yet; past it nothing is acknowledged'),
  BCC_TELEMETRY: choice(['sqlite', 'influx1', 'influx2'])
    .default('sqlite')
    .describe('Store of readings; the embedded one always works beside it'),
  BCC_INFLUX_URL: z
    .string()
    .refine(isInfluxUrl, 'is not an address such as http://127.0.0.1:8086, without ? and #')
    .optional()
    .describe('Address of InfluxDB, such as http://127.0.0.1:8086; a login in it is taken out and shown nowhere'),
  BCC_INFLUX_DATABASE: text.default('binjai').describe('InfluxDB 1.x: database'),
  BCC_INFLUX_USER: text.optional().describe('InfluxDB 1.x: user'),
  BCC_INFLUX_PASSWORD: z.string().optional().describe('InfluxDB 1.x: password'),
  BCC_INFLUX_ORG: text.optional().describe('InfluxDB 2.x: organisation'),
  BCC_INFLUX_BUCKET: text.optional().describe('InfluxDB 2.x: bucket'),
  BCC_INFLUX_TOKEN: z
    .string()
    .regex(/^[\x21-\x7e]+$/, 'has a character that no token has')
    .optional()
    .describe('InfluxDB 2.x: token'),
  ...limitSettings,
  BCC_REQUIRE_TOTP: choice(['0', '1'])
    .default('0')
    .describe('1: admins and supervisors sign in with a second factor only; see bcc user totp'),
  BCC_AUDIT_ANCHOR: text
    .optional()
    .describe(
      'File for the anchors of the audit, best on another disk; audit-anchor.jsonl in the data folder if absent',
    ),
  BCC_LOG_LEVEL: choice(['trace', 'debug', 'info', 'warn', 'error', 'silent'])
    .default('info')
    .describe('Least level that is logged'),
} as const

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
