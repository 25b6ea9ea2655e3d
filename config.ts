import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'
import { limitSettings } from './limit-settings.ts'

/**
 * Every setting, with its default and a sentence for the person who sets it. `.env.example` is made from this list
 * (`node config.ts`), the README's table too.
 */

const port = (fallback: number) => z.coerce.number().int().min(0).max(65_535).default(fallback)
const text = z.string().trim().min(1)

const listOf = (isRight: (item: string) => boolean, words: string) =>
  z
    .string()
    .transform((list) => list.split(/[\s,]+/).filter((item) => item !== ''))
    .refine((items) => items.every(isRight), words)

/** A DNS name; `*.` in front stands for one level. */
const hostPattern = /^(\*\.)?[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/i

/** An IP address, or a range as `10.0.0.0/8`. */
function isAddressRange(text: string): boolean {
  const [address = '', bits, more] = text.split('/')
  const version = isIP(address)
  if (version === 0 || more !== undefined) return false
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 6 ? 128 : 32))
}

const settings = {
  BCC_DATA_DIR: text.default('./data').describe('Folder for everything that is kept'),
  BCC_HTTP_PORT: port(8080).describe(
    'HTTP port: wall, console, API, MQTT over WebSocket at /mqtt; 0 takes any free one',
  ),
  BCC_HTTP_HOST: text
    .default('127.0.0.1')
    .describe('Address for HTTP; 0.0.0.0 opens it to the network. With a certificate all addresses, unless set'),
  BCC_PUBLIC_HOSTS: listOf(
    (name) => hostPattern.test(name),
    'needs names such as komando.binjai.go.id, joined by commas',
  )
    .default([])
    .describe(
      "Names that HTTP requests may ask for, joined by commas; addresses, localhost, the machine's own name and those of its certificate always may",
    ),
  BCC_TRUSTED_PROXIES: listOf(isAddressRange, 'needs addresses or ranges such as 10.0.0.0/8, joined by commas')
    .default([])
    .describe(
      'Addresses of reverse proxies (CIDR), joined by commas: their X-Forwarded-For, -Proto and -Host are believed',
    ),
  BCC_MQTT_PORT: port(1883).describe('MQTT port; 0 takes any free one'),
  BCC_MQTT_HOST: text
    .default('127.0.0.1')
    .describe('Address for plain MQTT; 0.0.0.0 opens it to the network, which the wall shows'),
  BCC_MQTTS_PORT: port(8883).describe(
    'MQTT over TLS, on all addresses, when a certificate is given; 0 takes any free one',
  ),
  BCC_TLS_CERT: text.optional().describe('Certificate file (PEM); with BCC_TLS_KEY it turns on MQTTS and HTTPS'),
  BCC_TLS_KEY: text.optional().describe('Private key file (PEM)'),
  BCC_TLS_CA: text
    .optional()
    .describe(
      'Authority file (PEM) of client certificates; one that names a device signs it in to MQTTS without a key',
    ),
  BCC_TLS_CLIENT_CERT: z
    .enum(['optional', 'required'])
    .default('optional')
    .describe('required: every client of MQTTS must show a certificate of BCC_TLS_CA; optional: a key is enough'),
  BCC_TOPIC_ROOT: z
    .string()
    .regex(/^[a-z0-9-]+(\/[a-z0-9-]+)*$/, 'levels of a-z, 0-9 and "-", joined by "/"')
    .default('binjai/v1')
    .describe('First levels of every topic'),
  BCC_TIMEZONE: z
    .string()
    .refine(isTimeZone, 'is no IANA time zone, such as Asia/Jakarta')
    .default('Asia/Jakarta')
    .describe("The city's time zone"),
  BCC_SITE_DIR: text.default('contract/site/binjai').describe('Folder of the city: outlines, rivers, streets, places'),
  BCC_ADMIN_PASSWORD: z
    .string()
    .min(12, 'needs at least 12 characters')
    .optional()
    .describe('Password of the first admin; random when absent'),
  BCC_KEY_OVERLAP_DAYS: z.coerce
    .number()
    .min(0)
    .max(365)
    .default(7)
    .describe('Days that the key before works on after a device got a new one; 0 ends it at once'),
  BCC_ALLOW_SIMULATED: z
    .enum(['yes', 'no'])
    .default('yes')
    .describe('no: simulated devices (ids that begin with sim-) can neither be registered nor connect'),
  BCC_RETENTION_DAYS: z.coerce.number().int().min(2).max(36_500).default(365).describe('Days that readings are kept'),
  BCC_EVENT_RETENTION_DAYS: z.coerce
    .number()
    .int()
    .min(2)
    .max(36_500)
    .default(1825)
    .describe('Days that events and status messages are kept; not less than BCC_RETENTION_DAYS'),
  BCC_SEAL_AFTER_HOURS: z.coerce
    .number()
    .min(1)
    .max(8760)
    .default(6)
    .describe('Hours after the end of a UTC day at which its readings are sealed into compressed blobs'),
  BCC_DISK_BUDGET_MB: z.coerce
    .number()
    .int()
    .min(64)
    .optional()
    .describe('Disk for readings; past it the oldest sealed days go, counted. Absent: retention alone decides'),
  BCC_DISK_FLOOR_MB: z.coerce
    .number()
    .int()
    .min(0)
    .default(1024)
    .describe('Less free disk than this is shown as a fault; nothing else changes by it'),
  BCC_OUTBOX_QUOTA_MB: z.coerce
    .number()
    .int()
    .min(1)
    .default(2048)
    .describe('Disk for readings that wait for InfluxDB; past it the oldest are not forwarded, and counted so'),
  BCC_JOURNAL_QUOTA_MB: z.coerce
    .number()
    .int()
    .min(16)
    .default(2048)
    .describe('Disk for messages that ingest has not read yet; past it nothing is acknowledged'),
  BCC_TELEMETRY: z
    .enum(['sqlite', 'influx1', 'influx2'])
    .default('sqlite')
    .describe('Store of readings; the embedded one always works beside it'),
  BCC_INFLUX_URL: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('Address of InfluxDB, such as http://127.0.0.1:8086'),
  BCC_INFLUX_DATABASE: text.default('binjai').describe('InfluxDB 1.x: database'),
  BCC_INFLUX_USER: text.optional().describe('InfluxDB 1.x: user'),
  BCC_INFLUX_PASSWORD: text.optional().describe('InfluxDB 1.x: password'),
  BCC_INFLUX_ORG: text.optional().describe('InfluxDB 2.x: organisation'),
  BCC_INFLUX_BUCKET: text.optional().describe('InfluxDB 2.x: bucket'),
  BCC_INFLUX_TOKEN: text.optional().describe('InfluxDB 2.x: token'),
  ...limitSettings,
  BCC_REQUIRE_TOTP: z
    .enum(['0', '1'])
    .default('0')
    .describe('1: admins and supervisors sign in with a second factor only; see bcc user totp'),
  BCC_AUDIT_ANCHOR: text
    .optional()
    .describe(
      'File for the anchors of the audit, best on another disk; audit-anchor.jsonl in the data folder if absent',
    ),
  BCC_LOG_LEVEL: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'silent'])
    .default('info')
    .describe('Least level that is logged'),
} as const

const settingsSchema = z.object(settings)
type Given = Partial<Record<string, string>>

/** Faults between settings; told beside those of single ones, so that all are read at once. */
function crossFaults(given: Given): string[] {
  const { BCC_TELEMETRY: engine, BCC_TLS_CERT: cert, BCC_TLS_KEY: key } = given
  const influx2 = ['BCC_INFLUX_ORG', 'BCC_INFLUX_BUCKET', 'BCC_INFLUX_TOKEN'] as const
  const needed: [string, string][] = []
  if (engine === 'influx1' || engine === 'influx2') needed.push(['BCC_INFLUX_URL', `BCC_TELEMETRY=${engine}`])
  if (engine === 'influx2') for (const name of influx2) needed.push([name, 'BCC_TELEMETRY=influx2'])
  if (cert !== undefined) needed.push(['BCC_TLS_KEY', 'BCC_TLS_CERT'])
  if (key !== undefined) needed.push(['BCC_TLS_CERT', 'BCC_TLS_KEY'])
  if (given.BCC_TLS_CA !== undefined) needed.push(['BCC_TLS_CERT', 'BCC_TLS_CA'])
  if (given.BCC_TLS_CLIENT_CERT === 'required') needed.push(['BCC_TLS_CA', 'BCC_TLS_CLIENT_CERT=required'])
  const missing = needed.filter(([name]) => given[name] === undefined)
  const files = (['BCC_TLS_CERT', 'BCC_TLS_KEY', 'BCC_TLS_CA', 'BCC_SITE_DIR'] as const).filter((name) => {
    const path = given[name]
    return path !== undefined && !existsSync(path)
  })
  const anchorFolder = given.BCC_AUDIT_ANCHOR === undefined ? undefined : dirname(resolve(given.BCC_AUDIT_ANCHOR))
  return [
    ...(anchorFolder === undefined || existsSync(anchorFolder)
      ? []
      : [`BCC_AUDIT_ANCHOR lies in ${anchorFolder}, which does not exist.`]),
    ...retentionFaults(given),
    ...missing.map(([name, why]) => `${name} is needed with ${why}.`),
    ...files.map((name) => `${name} names ${given[name]}, which does not exist.`),
  ]
}

/** Events are never let go before readings. */
function retentionFaults({ BCC_RETENTION_DAYS: readings, BCC_EVENT_RETENTION_DAYS: events }: Given): string[] {
  if (events === undefined || Number(events) >= Number(readings ?? 365)) return []
  return ['BCC_EVENT_RETENTION_DAYS is less than BCC_RETENTION_DAYS: events are kept at least as long as readings.']
}

/** What differs from the defaults, with nothing secret in it: for the audit. */
export function shownSettings(chosen: Settings): Record<string, unknown> {
  const defaults = settingsSchema.partial().parse({})
  return Object.fromEntries(
    Object.entries(chosen)
      .filter(([name, value]) => !isDeepStrictEqual(value, Object(defaults)[name]))
      .map(([name, value]) => [name, /PASSWORD|TOKEN|SECRET/.test(name) ? 'set' : withoutLogin(value)]),
  )
}

function withoutLogin(value: unknown): unknown {
  return typeof value === 'string' ? value.replace(/^(https?:\/\/)[^/]*@/, '$1') : value
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
  /** Paths of PEM files. */
  tls: { cert: string; key: string; ca: string | undefined } | undefined
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
export function readConfig(environment: Record<string, string | undefined> = loadEnvironment()): Config {
  const given = givenSettings(environment)
  const unknown = Object.keys(given).filter((name) => !Object.hasOwn(settings, name))
  const parsed = settingsSchema.safeParse({ ...(given.BCC_TLS_CERT !== undefined && openHost), ...given })
  const faults = parsed.success ? [] : parsed.error.issues.map(({ path, message }) => `${path.join('.')} ${message}.`)
  const sentences = [
    ...faults,
    ...crossFaults(given),
    ...unknown.map((name) => `${name} is no setting of this system; see .env.example.`),
  ]
  if (!parsed.success || sentences.length > 0) throw new ConfigError(sentences)
  const dataDir = resolve(parsed.data.BCC_DATA_DIR)
  const { BCC_TLS_CERT: cert, BCC_TLS_KEY: key, BCC_TLS_CA: ca } = parsed.data
  const socketDir = socketDirOf(dataDir)
  return {
    settings: parsed.data,
    dataDir,
    storePath: join(dataDir, 'store', 'hot.db'),
    journalDir: join(dataDir, 'journal'),
    sessionsPath: join(dataDir, 'broker', 'sessions.db'),
    registryPath: join(dataDir, 'registry.db'),
    anchorPath: resolve(parsed.data.BCC_AUDIT_ANCHOR ?? join(dataDir, 'audit-anchor.jsonl')),
    siteDir: resolve(parsed.data.BCC_SITE_DIR),
    tls: cert === undefined || key === undefined ? undefined : { cert, key, ca },
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

function givenSettings(environment: Record<string, string | undefined>): Given {
  return Object.fromEntries(
    Object.entries(environment).filter(([name, value]) => name.startsWith('BCC_') && value !== ''),
  )
}

/** The environment with `.env` behind it. */
export function loadEnvironment(): Record<string, string | undefined> {
  if (existsSync('.env')) process.loadEnvFile('.env')
  return process.env
}

export function readVersion(): string {
  const { version } = z
    .object({ version: z.string() })
    .parse(JSON.parse(readFileSync(join(import.meta.dirname, 'package.json'), 'utf8')))
  return version
}

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
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
