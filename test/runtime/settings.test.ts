import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ConfigError, environmentExample, readConfig, type Settings } from '../../runtime/config.ts'
import { projectRoot } from '../support/system/whole-system.ts'

type Name = keyof Settings

/** What one setting takes and refuses at its edges, and the test that it changes what it says. */
interface Row {
  taken: [given: string, value: unknown][]
  refused: string[]
  /** File and words of the test of its effect. */
  effect: [file: string, words: string]
}

/** Whatever looks like a number and is none of ours, for any whole number. */
const noWholes = [
  '-1',
  '1.5',
  '1e3',
  '0x10',
  '+5',
  '1_000',
  '1,000',
  '５',
  '٣',
  'Infinity',
  'NaN',
  '99999999999999999999',
  'abc',
  '1 2',
]

function whole(least: number, most: number, effect: Row['effect']): Row {
  return {
    taken: [
      [String(least), least],
      [` ${most}  `, most],
    ],
    refused: [...noWholes, String(most + 1), ...(least > 0 ? [String(least - 1), '0'] : [])],
    effect,
  }
}

const port = (effect: Row['effect']) => whole(0, 65_535, effect)
const size = (least: number, effect: Row['effect']) => whole(least, 1_000_000_000, effect)
const limits = 'test/broker/limits.test.ts'
const hosts: Pick<Row, 'taken' | 'refused'> = {
  taken: [
    ['::1', '::1'],
    ['[::1]', '::1'],
    [' 0.0.0.0 ', '0.0.0.0'],
    ['localhost', 'localhost'],
  ],
  refused: ['http://127.0.0.1', '127.0.0.1:80', '[::1]:80', '999.1.1.1', '1.2.3', '[::1', 'a b', '*.x', '-x', '::1::'],
}
const path = (taken: string, effect: Row['effect']): Row => ({
  taken: [[taken, taken]],
  refused: ['a\u0000b', 'a\nb'],
  effect,
})

const file = join(projectRoot, 'package.json')
const folder = join(projectRoot, 'contract/site/binjai')
const tlsTest = 'test/e2e/tls.test.ts'
const influxTest = 'test/e2e/influx.test.ts'

const rows: Record<Name, Row> = {
  BCC_DATA_DIR: path('/srv/x', ['test/support/system/whole-system.ts', 'BCC_DATA_DIR: dir']),
  BCC_HTTP_PORT: port(['test/e2e/settings.test.ts', 'BCC_HTTP_PORT']),
  BCC_HTTP_HOST: { ...hosts, effect: ['test/e2e/settings.test.ts', 'BCC_HTTP_HOST'] },
  BCC_PUBLIC_HOSTS: {
    taken: [['a.id, *.b.id', ['a.id', '*.b.id']]],
    refused: ['http://a.id', 'a_b', 'a.id:80', '1.2.3.4'],
    effect: ['test/api/http/door/hosts.test.ts', 'komando'],
  },
  BCC_TRUSTED_PROXIES: {
    taken: [['10.0.0.0/8, ::1', ['10.0.0.0/8', '::1']]],
    refused: ['10.0.0.0/33', 'proxy', '10.0.0.0/8/1', '10.0.0.0/'],
    effect: ['test/api/http/door/proxies.test.ts', 'orwarded'],
  },
  BCC_MQTT_PORT: port(['test/e2e/settings.test.ts', 'BCC_MQTT_PORT']),
  BCC_MQTT_HOST: { ...hosts, effect: ['test/e2e/settings.test.ts', 'BCC_MQTT_HOST'] },
  BCC_MQTTS_PORT: port([tlsTest, 'BCC_MQTTS_PORT']),
  BCC_TLS_CERT: { taken: [[file, file]], refused: ['/nothing', folder], effect: [tlsTest, 'BCC_TLS_CERT'] },
  BCC_TLS_KEY: { taken: [[file, file]], refused: ['/nothing', folder], effect: [tlsTest, 'BCC_TLS_KEY'] },
  BCC_TLS_CA: { taken: [[file, file]], refused: ['/nothing', folder], effect: ['test/broker', 'ca:'] },
  BCC_TLS_CLIENT_CERT: {
    taken: [['required', 'required']],
    refused: ['Required', 'yes', '1'],
    effect: ['test/broker/device-certificates.test.ts', 'requireCertificate'],
  },
  BCC_TOPIC_ROOT: {
    taken: [['kota/v2', 'kota/v2']],
    refused: ['/kota', 'kota/', 'Kota', 'a//b', 'a/+', 'a/#', 'a/b/c/d/e/f', 'a'.repeat(120)],
    effect: ['test/e2e/settings.test.ts', 'BCC_TOPIC_ROOT'],
  },
  BCC_TIMEZONE: {
    taken: [
      ['Asia/Jayapura', 'Asia/Jayapura'],
      ['UTC', 'UTC'],
    ],
    refused: ['WIB', 'Asia/Medan', 'Asia', '../etc'],
    effect: ['test/e2e/settings.test.ts', 'BCC_TIMEZONE'],
  },
  BCC_SITE_DIR: {
    taken: [[folder, folder]],
    refused: ['/nothing', file],
    effect: ['test/api/http/http.test.ts', 'site'],
  },
  BCC_ADMIN_PASSWORD: {
    taken: [[' with blanks around ', ' with blanks around ']],
    refused: ['elevenchars'],
    effect: ['test/e2e/settings.test.ts', 'BCC_ADMIN_PASSWORD'],
  },
  BCC_KEY_OVERLAP_DAYS: {
    taken: [
      ['0', 0],
      ['0.5', 0.5],
      ['365', 365],
    ],
    refused: ['-1', '366', '1e1', '.5', '1.', '0x1', '1,5'],
    effect: ['test/api/devices/keys.test.ts', 'keyOverlapMs'],
  },
  BCC_ALLOW_SIMULATED: {
    taken: [['no', 'no']],
    refused: ['No', '0', 'false'],
    effect: ['test/api', 'allowSimulated'],
  },
  BCC_RETENTION_DAYS: {
    ...whole(2, 36_500, ['test/ingest/keeping.test.ts', 'retentionMs']),
    // More than events are kept is told by their own name.
    taken: [['2', 2]],
  },
  BCC_EVENT_RETENTION_DAYS: {
    taken: [
      ['365', 365],
      ['36500', 36_500],
    ],
    refused: [...noWholes, '1', '36501', '364'],
    effect: ['test/ingest/keeping.test.ts', 'eventsMs'],
  },
  BCC_SEAL_AFTER_HOURS: {
    taken: [
      ['1', 1],
      ['8760', 8760],
      ['1.5', 1.5],
    ],
    refused: ['0', '0.99', '8761', '-1', '1e1', 'x'],
    effect: ['test/storage/telemetry', 'sealAfterMs'],
  },
  BCC_DISK_BUDGET_MB: size(64, ['test/storage/telemetry', 'budgetBytes']),
  BCC_DISK_FLOOR_MB: size(0, ['test/ingest/keeping.test.ts', 'floorBytes']),
  BCC_OUTBOX_QUOTA_MB: size(1, ['test/ingest/engine.test.ts', 'outboxBytes']),
  BCC_JOURNAL_QUOTA_MB: size(16, ['test/storage/journal/journal.test.ts', 'quotaBytes']),
  BCC_TELEMETRY: {
    taken: [['sqlite', 'sqlite']],
    refused: ['influx', 'InfluxDB', 'influx3', 'SQLITE'],
    effect: [influxTest, "BCC_TELEMETRY: 'influx1'"],
  },
  BCC_INFLUX_URL: {
    taken: [['http://127.0.0.1:8086', 'http://127.0.0.1:8086']],
    refused: ['127.0.0.1:8086', 'ftp://x', 'http://h/?token=x'],
    effect: [influxTest, 'BCC_INFLUX_URL'],
  },
  BCC_INFLUX_DATABASE: path('city', [influxTest, 'BCC_INFLUX_DATABASE']),
  BCC_INFLUX_USER: path('bcc', ['test/e2e/settings.test.ts', 'BCC_INFLUX_USER']),
  BCC_INFLUX_PASSWORD: {
    taken: [['p#w ', 'p#w ']],
    refused: [],
    effect: ['test/e2e/settings.test.ts', 'BCC_INFLUX_PASSWORD'],
  },
  BCC_INFLUX_ORG: path('pemko', [influxTest, 'BCC_INFLUX_ORG']),
  BCC_INFLUX_BUCKET: path('city', [influxTest, 'BCC_INFLUX_BUCKET']),
  BCC_INFLUX_TOKEN: {
    taken: [['a-token', 'a-token']],
    refused: ['a token', 'tok\nen', 'é'],
    effect: [influxTest, 'BCC_INFLUX_TOKEN'],
  },
  BCC_MAX_CONNECT_BYTES: whole(64, 4_194_304, ['test/broker/limit-settings.test.ts', 'connectBytes']),
  BCC_MAX_PACKET_BYTES: whole(1024, 4_194_304, ['test/broker/limit-settings.test.ts', 'packetBytes']),
  BCC_MAX_TOPIC_BYTES: whole(32, 65_535, ['test/broker/limit-settings.test.ts', 'topicBytes']),
  BCC_MAX_TOPIC_LEVELS: {
    ...whole(5, 65_535, ['test/broker/limit-settings.test.ts', 'topicLevels']),
    refused: [...noWholes, '3', '4', '65536'],
  },
  BCC_MAX_CLIENT_ID_BYTES: whole(23, 65_535, ['test/broker/limit-settings.test.ts', 'clientIdBytes']),
  BCC_MAX_KEEPALIVE_S: whole(10, 65_535, ['test/broker', 'keepaliveS']),
  BCC_MAX_MESSAGES_PER_S: size(1, [limits, 'messagesPerS']),
  BCC_MAX_MESSAGE_BURST: size(1, [limits, 'messageBurst']),
  BCC_MAX_BYTES_PER_S: size(1024, ['test/broker', 'bytesPerS']),
  BCC_MAX_BYTE_BURST: size(1024, ['test/broker', 'byteBurst']),
  BCC_MAX_CONNECTIONS_PER_ADDRESS: size(1, [limits, 'connectionsPerAddress']),
  BCC_MAX_PENDING_CONNECTIONS: size(16, ['test/broker', 'pendingConnections']),
  BCC_MAX_FAILED_LOGINS: size(1, ['test/broker', 'failedLoginsPerMinute']),
  BCC_MAX_TAKEOVERS: size(2, ['test/broker/limit-settings.test.ts', 'takeoversPerMinute']),
  BCC_MAX_QUEUE_MESSAGES: size(1, ['test/broker/commands.test.ts', 'queueMessages: 3']),
  BCC_MAX_QUEUE_BYTES: size(1024, ['test/broker/commands.test.ts', 'queueBytes: 1024']),
  BCC_MAX_RETAINED_BYTES: size(0, ['test/broker/limit-settings.test.ts', 'retainedBytes']),
  BCC_MAX_SERVICES: size(1, ['test/broker/services', 'serviceConnections: 2']),
  BCC_MAX_CONNECTIONS_PER_SERVICE: size(1, ['test/broker/services', 'connectionsPerService: 2']),
  BCC_MAX_SERVICE_SUBSCRIPTIONS: size(1, ['test/broker/services', 'serviceSubscriptions: 2']),
  BCC_MAX_SERVICE_QUEUE_BYTES: size(1024, ['test/broker/services', 'serviceQueueBytes']),
  BCC_MAX_HTTP_CONNECTIONS: size(16, ['test/api', 'connections']),
  BCC_MAX_HTTP_CONNECTIONS_PER_ADDRESS: size(8, ['test/api', 'connectionsPerAddress']),
  BCC_MAX_HTTP_REQUESTS_PER_S: size(1, ['test/api', 'requestsPerS']),
  BCC_MAX_HTTP_REQUEST_BURST: size(1, ['test/api', 'requestBurst']),
  BCC_REQUIRE_TOTP: { taken: [['1', '1']], refused: ['yes', '2', 'true'], effect: ['test/api', 'requireSecondFactor'] },
  BCC_AUDIT_ANCHOR: {
    ...path(join(projectRoot, 'anchor.jsonl'), ['test/api/audit/audit.test.ts', 'anchorFile']),
    refused: ['/nothing/here'],
  },
  BCC_LOG_LEVEL: {
    taken: [['silent', 'silent']],
    refused: ['loud', 'WARN', '3'],
    effect: ['test/runtime/log.test.ts', 'level'],
  },
}

/** What a setting cannot stand without. */
function companions(name: string): Record<string, string> {
  if (/^BCC_TLS_(CERT|KEY|CA|CLIENT_CERT)$/.test(name))
    return { BCC_TLS_CERT: file, BCC_TLS_KEY: file, BCC_TLS_CA: file }
  return {}
}

function attempt(environment: Record<string, string>): Settings | readonly string[] {
  try {
    return readConfig(environment).settings
  } catch (error) {
    if (error instanceof ConfigError) return error.sentences
    throw error
  }
}

const isFaults = (outcome: Settings | readonly string[]): outcome is readonly string[] => Array.isArray(outcome)
const names = Object.keys(rows) as Name[]

test('every setting stands in this table', () => {
  const listed = [...environmentExample().matchAll(/^#(BCC_\w+)=/gm)].map(([, name]) => name)
  expect(new Set<unknown>(names)).toEqual(new Set(listed))
})

describe.each(names)('%s', (name) => {
  const { taken, refused, effect } = rows[name]

  test.each(taken)('takes "%s"', (given, value) => {
    expect(attempt({ ...companions(name), [name]: given })).toMatchObject({ [name]: value })
  })

  test.each([...refused, ' ', '\t', '   '])('refuses "%s" in one sentence of ours', (given) => {
    const outcome = attempt({ ...companions(name), [name]: given })
    expect(isFaults(outcome)).toBe(true)
    if (!isFaults(outcome)) return
    expect(outcome).toEqual([expect.stringMatching(/^BCC_[^\n]+\.$/)])
    expect(outcome[0]).toContain(name)
    expect(outcome[0]).not.toMatch(/invalid|expected|received|too big/i)
  })

  test('is as good as not set where it is empty', () => {
    const others = companions(name)
    expect(attempt({ ...others, [name]: '' })).toEqual(
      attempt(Object.fromEntries(Object.entries(others).filter(([other]) => other !== name))),
    )
  })

  test('has a test of its effect', () => {
    const [where, words] = effect
    expect(textOf(where)).toContain(words)
  })
})

/** Of a test file, or of all in a folder. */
function textOf(where: string): string {
  const path = join(projectRoot, where)
  if (where.endsWith('.ts')) return readFileSync(path, 'utf8')
  return globbed(path)
}

function globbed(dir: string): string {
  return readdirSync(dir, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => readFileSync(join(dir, name), 'utf8'))
    .join('\n')
}

test('the value is repeated in the sentence, unless it is secret, and never a line of its own', () => {
  expect(attempt({ BCC_HTTP_PORT: 'abc' })).toEqual(['BCC_HTTP_PORT is not a whole number from 0 to 65535: abc.'])
  expect(attempt({ BCC_HTTP_PORT: 'a\nb\u001b[31m\u202e' })).toEqual([
    'BCC_HTTP_PORT is not a whole number from 0 to 65535: a\ufffdb\ufffd[31m\ufffd.',
  ])
  expect(JSON.stringify(attempt({ BCC_LOG_LEVEL: 'x'.repeat(10_000) })).length).toBeLessThan(200)
  for (const [name, secret] of [
    ['BCC_ADMIN_PASSWORD', 'rahasia'],
    ['BCC_INFLUX_TOKEN', 'rahasia rahasia'],
    ['BCC_INFLUX_URL', 'http://u:rahasia@h/?x'],
    ['BCC_INFLUX_URL', 'u:rahasia@h'],
  ] as const) {
    const outcome = attempt({ [name]: secret })
    expect(outcome).toEqual([expect.stringMatching(new RegExp(`^${name} `))])
    expect(JSON.stringify(outcome)).not.toContain('rahasia')
  }
})

test.each([
  [{ BCC_HTTP_PORT: '1883' }, 'BCC_HTTP_PORT and BCC_MQTT_PORT are both 1883: each needs a port of its own.'],
  [
    { BCC_MQTT_PORT: '8080', BCC_HTTP_HOST: '0.0.0.0' },
    'BCC_HTTP_PORT and BCC_MQTT_PORT are both 8080: each needs a port of its own.',
  ],
  [
    { BCC_MAX_TOPIC_LEVELS: '4' },
    'BCC_TOPIC_ROOT leaves no room for the topics of devices: BCC_MAX_TOPIC_LEVELS is too small for it.',
  ],
  [{ bcc_http_port: '80' }, 'bcc_http_port is no setting of this system; see .env.example.'],
  [{ 'BCC-HTTP-PORT': '80' }, 'BCC-HTTP-PORT is no setting of this system; see .env.example.'],
])('%j is refused', (environment, words) => {
  expect(attempt(environment)).toEqual([words])
})

test('the same port on two addresses, and 0 twice, are no collision', () => {
  expect(isFaults(attempt({ BCC_HTTP_PORT: '1883', BCC_HTTP_HOST: '10.0.0.1', BCC_MQTT_HOST: '10.0.0.2' }))).toBe(false)
  expect(isFaults(attempt({ BCC_HTTP_PORT: '0', BCC_MQTT_PORT: '0' }))).toBe(false)
})

test('what changes nothing as the others stand is told', () => {
  expect(readConfig({ BCC_INFLUX_ORG: 'pemko', BCC_MQTTS_PORT: '1' }).notices).toEqual([
    'BCC_INFLUX_ORG changes nothing without InfluxDB (BCC_INFLUX_URL).',
    'BCC_MQTTS_PORT changes nothing without BCC_TLS_CERT.',
  ])
  expect(readConfig({ BCC_INFLUX_URL: 'http://h', BCC_TELEMETRY: 'sqlite' }).notices).toEqual([
    'BCC_INFLUX_URL changes nothing without BCC_TELEMETRY other than sqlite.',
  ])
  expect(readConfig({ BCC_INFLUX_URL: 'http://h', BCC_TELEMETRY: 'influx1', BCC_INFLUX_TOKEN: 'x' }).notices).toEqual([
    'BCC_INFLUX_TOKEN changes nothing without BCC_TELEMETRY=influx2.',
  ])
  const used = { BCC_INFLUX_DATABASE: 'x', BCC_INFLUX_URL: 'http://h', BCC_OUTBOX_QUOTA_MB: '5' }
  expect(readConfig(used).notices).toEqual([])
})

test('whatever is given to a number is taken as written or refused', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'0123456789 .-+eExX_,５'), maxLength: 8 }), (given) => {
      const outcome = attempt({ BCC_MAX_MESSAGES_PER_S: given })
      const isNumber = /^ *\d+ *$/.test(given) && Number(given) > 0
      const unset = given === ''
      expect(isFaults(outcome)).toBe(!isNumber && !unset)
      if (isNumber) expect(outcome).toMatchObject({ BCC_MAX_MESSAGES_PER_S: Number(given.trim()) })
    }),
  )
})
