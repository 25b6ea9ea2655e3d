import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { pino } from 'pino'
import { onTestFinished } from 'vitest'
import { type ApiOptions, startApi } from '../../api/server.ts'
import type { FeedLine, LiveDevice, StorageStatus } from '../../contract/feed.ts'
import type { BrokerStatus, ManualMessage } from '../../contract/ports/control.ts'
import type { PipelineReader, QuarantineRow } from '../../contract/ports/pipeline.ts'
import type { EventsResult, StatesQuery, StatesResult, UptimeQuery } from '../../contract/ports/states.ts'
import type { ManualQuery, ManualReading, RangeQuery, RangeResult } from '../../contract/ports/telemetry.ts'
import type { Role } from '../../contract/roles.ts'
import { roles } from '../../contract/roles.ts'
import { openRegistry, type Registry } from '../../storage/registry/registry.ts'
import { tempDir } from '../support/system/temp-dir.ts'

export const siteDir = join(import.meta.dirname, '../../contract/site/binjai')

/** A live device that has just been heard. */
export function heard(id: string, more: Partial<LiveDevice> = {}): LiveDevice {
  const atMs = Date.now()
  return {
    ...{
      id,
      measuredAtMs: atMs,
      receivedAtMs: atMs,
      tsSource: 'device',
      clockWrong: false,
      duplicate: false,
      flappingUntilMs: null,
      lat: null,
      lon: null,
      positionAtMs: null,
    },
    ...{ metrics: { water_level_m: 1.2 }, olderMs: {}, link: { state: 'up', sinceMs: atMs, reason: null } },
    ...{ status: null, statusReason: null, frozen: false, skewMs: null, faults: [], manual: null },
    ...more,
  }
}

export function changes(...devices: LiveDevice[]): FeedLine {
  return { type: 'changes', atMs: Date.now(), devices }
}

export const healthyBroker: BrokerStatus = {
  connected: 3,
  refused: { 'wrong-key': 2 },
  refusedClients: [],
  services: { connections: [], totals: [], states: 'off' },
  mqtt: { port: 1883, tlsPort: null, topicRoot: 'binjai/v1' },
  journal: { bytes: 10, quotaBytes: 1000, full: false, lastError: null, tails: null },
  open: false,
  tls: null,
}

export const roomyStorage: StorageStatus = {
  hotBytes: 1000,
  coldBytes: 2000,
  budgetBytes: null,
  overBudget: false,
  freeBytes: 1e9,
  low: false,
  outbox: { bytes: 0, quotaBytes: 1e9 },
  sealed: { days: 3, points: 4000 },
  missingDays: 0,
  damagedFiles: [],
  fault: null,
  dropped: [],
}

export const ingestStatus: FeedLine = {
  type: 'status',
  atMs: 0,
  status: {
    lagMs: 12,
    storage: roomyStorage,
    store: { engine: 'sqlite', up: true, detail: null, waiting: 0 },
    notes: {
      late: 1,
      clockFixed: 0,
      serverStamped: 2,
      implausibleValues: 0,
      namelessValues: 0,
      unusableValues: 0,
      ignoredFields: 0,
      unforwardedHistory: 0,
    },
  },
}

/** What became of nine readings; one more lies in the journal, as far as ingest saw. */
export const ingestCounters: FeedLine = {
  type: 'counters',
  atMs: 1_795_000_000_000,
  counts: {
    ...{ stored: 6, duplicates: 1, rejected: { 'not-json': 2 }, outbox: 0, extra: 0 },
    partitions: [{ partition: 'local', base: 4, cum: 5 }],
  },
  tails: { local: 6 },
}

/** What lies outside the api: ingest's feed, the stores and the broker, as plain objects that a test can steer. */
export function createOutside() {
  const listeners = new Set<{ line: (line: FeedLine) => void; connected: (up: boolean) => void }>()
  const outside = {
    quarantined: [] as QuarantineRow[],
    retried: [] as number[],
    ranges: [] as RangeQuery[],
    upgraded: [] as string[],
    entered: [] as ManualMessage[],
    manual: [] as ManualReading[],
    broker: healthyBroker as BrokerStatus | undefined,
    ingestDown: false as boolean,
    range: { engine: 'sqlite', metrics: {}, positions: [] } as RangeResult,
    say: (line: FeedLine) => {
      for (const { line: hear } of listeners) hear(line)
    },
    connect: (up: boolean) => {
      for (const { connected } of listeners) connected(up)
    },
  }
  const pipeline: PipelineReader = {
    async quarantine({ reason, limit, beforeId = Number.POSITIVE_INFINITY }) {
      const sorted = outside.quarantined.toSorted((one, other) => other.id - one.id)
      const rows = sorted.filter((row) => row.id < beforeId && (reason ?? row.reason) === row.reason)
      return { rows: rows.slice(0, limit), more: rows.length > limit }
    },
  }
  const ports = {
    feed: {
      subscribe(listener: Parameters<ApiOptions['feed']['subscribe']>[0]) {
        listeners.add(listener)
        return () => listeners.delete(listener)
      },
    },
    history: {
      engine: 'sqlite' as const,
      range: async (query: RangeQuery) => {
        outside.ranges.push(query)
        return outside.range
      },
      city: async () => [],
      latest: async () => [],
      manual: async ({ fromMs, toMs }: ManualQuery) =>
        outside.manual.filter(({ atMs }) => atMs >= fromMs && atMs < toMs),
    },
    pipeline,
    states: {
      states: async ({ fromMs, toMs }: StatesQuery): Promise<StatesResult> => ({
        periods: [{ fromMs, toMs, state: 'online', cause: null }],
      }),
      uptime: async ({ deviceIds, boundsMs }: UptimeQuery) =>
        deviceIds.map(() => boundsMs.slice(1).map(() => ({ up: 0, down: 0, excluded: 0, unknown: 0 }))),
      events: async (): Promise<EventsResult> => ({ events: [] }),
    },
    ingest: {
      async retry(id: number) {
        if (outside.ingestDown) throw new Error('connect ENOENT')
        outside.retried.push(id)
        return id === 404 ? undefined : { outcome: 'stored' as const, reason: null }
      },
    },
    broker: {
      status: async () => outside.broker,
      signIns: async () => undefined,
      canary: async () => undefined,
      listening: async () => [] as string[],
      deliver: async () => 'away' as const,
      async enter(reading: ManualMessage) {
        if (outside.broker === undefined) throw new Error('connect ENOENT')
        outside.entered.push(reading)
      },
      upgrade(request: unknown, socket: unknown) {
        // Node's own upgrade arguments.
        outside.upgraded.push((request as { url: string }).url)
        ;(socket as { end: (text: string) => void }).end('HTTP/1.1 418 I am the broker\r\n\r\n')
      },
    },
  }
  return { outside, ports }
}

const binjai = {
  name: 'Kota Binjai',
  brand: 'Binjai Command Center',
  busService: 'Trans Binjai',
  timeZone: 'Asia/Jakarta',
  topicRoot: 'binjai/v1',
}

export async function openTestRegistry(options: { now?: () => number } = {}): Promise<Registry> {
  const city = { brand: binjai.brand, names: [binjai.name, binjai.brand, binjai.busService] }
  const file = join(tempDir(), 'registry.db')
  const registry = await openRegistry({ file, pepper: randomBytes(32), city, ...options })
  onTestFinished(() => registry.close())
  return registry
}

/** A real registry and a real server on a free port, with one person for each role. */
export async function startCity(options: Partial<ApiOptions> = {}) {
  const registry = options.registry ?? (await openTestRegistry())
  const { outside, ports } = createOutside()
  const logged: string[] = []
  const log = pino({ level: 'info' }, { write: (line: string) => void logged.push(line) })
  const api = await startApi({
    ...{ host: '127.0.0.1', port: 0, registry, ...ports, siteDir, dashboardDir: join(tempDir(), 'not-built') },
    anchorFile: join(tempDir(), 'audit-anchor.jsonl'),
    ...{ site: binjai, version: '0.1.0', log },
    ...options,
  })
  onTestFinished(() => api.close())
  const url = `http://127.0.0.1:${api.port}`

  for (const role of roles) if (!(await registry.people.exists(`the-${role}`))) await addPersonQuickly(registry, role)
  /** A cookie of a person with this role. */
  async function cookieOf(role: Role): Promise<string> {
    const { id } = await registry.sessions.open(`the-${role}`)
    return `bcc_session=${id}`
  }

  interface CallOptions {
    as?: Role
    method?: string
    body?: unknown
    headers?: Record<string, string>
  }
  async function call(path: string, { as, method = 'GET', body, headers = {} }: CallOptions = {}) {
    const cookie = as === undefined ? {} : { cookie: await cookieOf(as) }
    const type = body === undefined ? {} : { 'content-type': 'application/json' }
    const response = await fetch(`${url}${path}`, {
      method,
      redirect: 'manual',
      headers: { ...type, ...cookie, ...headers },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const text = await response.text()
    const isJson = response.headers.get('content-type')?.includes('json') ?? false
    const json: unknown = isJson ? JSON.parse(text) : undefined
    return { status: response.status, headers: response.headers, text, json }
  }

  /** Opens the page of a one-time link and presses its button, as a browser with these cookies. */
  async function useLink(
    code: string,
    { cookie = '', headers = {} }: { cookie?: string; headers?: Record<string, string> } = {},
  ) {
    const page = await call(`/masuk/${code}`, { headers: { ...headers, accept: 'text/html' } })
    const given = page.headers.getSetCookie()[0]?.split(';')[0] ?? ''
    const token = /name="token" value="([\w-]+)"/.exec(page.text)?.[1] ?? ''
    const form = { 'content-type': 'application/x-www-form-urlencoded', cookie: [given, cookie].join('; '), ...headers }
    return call(`/masuk/${code}`, { method: 'POST', headers: form, body: `token=${token}` })
  }

  return { api, url, useLink, registry, outside, logged, cookieOf, call }
}

export const password = 'correct horse battery'

async function addPersonQuickly(registry: Registry, role: Role): Promise<void> {
  await registry.people.create({ username: `the-${role}`, role, password })
}
