import { existsSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

/** What was set, as text; nothing that is blank. */
export type Given = Partial<Record<string, string>>

/**
 * Faults between settings, as sentences; told beside those of single ones, so that all are read at once. What is wrong by
 * itself (`wrong`) is not blamed a second time for what follows from it.
 */
export function crossFaults(given: Given, wrong: ReadonlySet<string> = new Set()): string[] {
  const sound = (...names: string[]) => names.every((name) => !wrong.has(name))
  return [
    ...missingOnes(given, wrong),
    ...fileFaults(given),
    ...(sound('BCC_RETENTION_DAYS', 'BCC_EVENT_RETENTION_DAYS') ? retentionFaults(given) : []),
    ...(sound('BCC_HTTP_PORT', 'BCC_MQTT_PORT', 'BCC_MQTTS_PORT') ? portFaults(given) : []),
    ...(sound('BCC_TOPIC_ROOT', 'BCC_MAX_TOPIC_LEVELS', 'BCC_MAX_TOPIC_BYTES') ? topicFaults(given) : []),
  ]
}

function missingOnes(given: Given, wrong: ReadonlySet<string>): string[] {
  const { BCC_TELEMETRY: engine, BCC_TLS_CERT: cert, BCC_TLS_KEY: key } = given
  const needed: [string, string][] = []
  if (engine === 'influx1' || engine === 'influx2') needed.push(['BCC_INFLUX_URL', `BCC_TELEMETRY=${engine}`])
  if (engine === 'influx2' && !hasLogin(given.BCC_INFLUX_URL))
    needed.push(['BCC_INFLUX_TOKEN', 'BCC_TELEMETRY=influx2'])
  if (cert !== undefined) needed.push(['BCC_TLS_KEY', 'BCC_TLS_CERT'])
  if (key !== undefined) needed.push(['BCC_TLS_CERT', 'BCC_TLS_KEY'])
  if (given.BCC_TLS_CA !== undefined) needed.push(['BCC_TLS_CERT', 'BCC_TLS_CA'])
  if (given.BCC_TLS_CLIENT_CERT === 'required') needed.push(['BCC_TLS_CA', 'BCC_TLS_CLIENT_CERT=required'])
  return needed
    .filter(([name]) => given[name] === undefined && !wrong.has(name))
    .map(([name, why]) => `${name} is needed with ${why}.`)
}

function hasLogin(text: string | undefined): boolean {
  const url = text === undefined ? null : URL.parse(text)
  return url !== null && url.username + url.password !== ''
}

function fileFaults(given: Given): string[] {
  const files = (['BCC_TLS_CERT', 'BCC_TLS_KEY', 'BCC_TLS_CA'] as const).flatMap((name) =>
    pathFault(name, given[name], 'file'),
  )
  const { BCC_AUDIT_ANCHOR: anchor } = given
  const anchorFolder = anchor === undefined ? undefined : dirname(resolve(anchor))
  return [
    ...files,
    ...pathFault('BCC_SITE_DIR', given.BCC_SITE_DIR, 'folder'),
    ...(anchorFolder === undefined || existsSync(anchorFolder)
      ? []
      : [`BCC_AUDIT_ANCHOR lies in ${anchorFolder}, which does not exist.`]),
  ]
}

function pathFault(name: string, path: string | undefined, wanted: 'file' | 'folder'): string[] {
  if (path === undefined) return []
  const found = statSync(path, { throwIfNoEntry: false })
  if (found === undefined) return [`${name} names ${path}, which does not exist.`]
  return found.isDirectory() === (wanted === 'folder') ? [] : [`${name} names ${path}, which is no ${wanted}.`]
}

/** Events are never let go before readings. */
function retentionFaults({ BCC_RETENTION_DAYS: readings, BCC_EVENT_RETENTION_DAYS: events }: Given): string[] {
  if (events === undefined || Number(events) >= Number(readings ?? 365)) return []
  return ['BCC_EVENT_RETENTION_DAYS is less than BCC_RETENTION_DAYS: events are kept at least as long as readings.']
}

/** One port of an address cannot be two doors; 0 is a different one each time. */
function portFaults(given: Given): string[] {
  const { BCC_HTTP_HOST: http = '127.0.0.1', BCC_MQTT_HOST: mqtt = '127.0.0.1' } = given
  const doors: [name: string, port: string, host: string][] = [
    ['BCC_HTTP_PORT', given.BCC_HTTP_PORT ?? '8080', http],
    ['BCC_MQTT_PORT', given.BCC_MQTT_PORT ?? '1883', mqtt],
  ]
  if (given.BCC_TLS_CERT !== undefined) doors.push(['BCC_MQTTS_PORT', given.BCC_MQTTS_PORT ?? '8883', '::'])
  return doors.flatMap(([name, port, host], index) =>
    doors
      .slice(index + 1)
      .filter((other) => Number(port) !== 0 && Number(port) === Number(other[1]) && meet(host, other[2]))
      .map(([other]) => `${name} and ${other} are both ${Number(port)}: each needs a port of its own.`),
  )
}

function meet(one: string, other: string): boolean {
  return one === other || [one, other].some((host) => host === '0.0.0.0' || host === '::')
}

/** The shortest that a device needs behind the root: `/bus/b1/status`. */
const minTopic = { levels: 3, bytes: 14 }

/** A root that fills the topic up would refuse every device. */
function topicFaults(given: Given): string[] {
  const {
    BCC_TOPIC_ROOT: root = 'binjai/v1',
    BCC_MAX_TOPIC_LEVELS: levels = '8',
    BCC_MAX_TOPIC_BYTES: bytes = '128',
  } = given
  const faults: string[] = []
  if (root.split('/').length + minTopic.levels > Number(levels)) faults.push('BCC_MAX_TOPIC_LEVELS')
  if (root.length + minTopic.bytes > Number(bytes)) faults.push('BCC_MAX_TOPIC_BYTES')
  return faults.map((name) => `BCC_TOPIC_ROOT leaves no room for the topics of devices: ${name} is too small for it.`)
}

/** What was set and changes nothing, because another setting is not: as sentences. */
export function idleSettings(given: Given): string[] {
  const { BCC_TELEMETRY: engine, BCC_INFLUX_URL: url, BCC_TLS_CERT: cert } = given
  const isOff = url === undefined || engine === 'sqlite'
  const [of1, of2] = [
    ['BCC_INFLUX_USER', 'BCC_INFLUX_PASSWORD'],
    ['BCC_INFLUX_ORG', 'BCC_INFLUX_BUCKET', 'BCC_INFLUX_TOKEN'],
  ] as const
  const rules: [names: readonly string[], idle: boolean, needed: string][] = [
    [['BCC_INFLUX_URL'], engine === 'sqlite', 'BCC_TELEMETRY other than sqlite'],
    [['BCC_INFLUX_DATABASE', ...of1, ...of2, 'BCC_OUTBOX_QUOTA_MB'], isOff, 'InfluxDB (BCC_INFLUX_URL)'],
    [of1, !isOff && engine === 'influx2', 'BCC_TELEMETRY=influx1'],
    [of2, !isOff && engine === 'influx1', 'BCC_TELEMETRY=influx2'],
    [['BCC_MQTTS_PORT'], cert === undefined, 'BCC_TLS_CERT'],
  ]
  return rules.flatMap(([names, idle, needed]) =>
    names
      .filter((name) => idle && given[name] !== undefined)
      .map((name) => `${name} changes nothing without ${needed}.`),
  )
}
