import { join } from 'node:path'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { JournalBatch, JournalEntry, LinkChange } from '../../../contract/ports/journal.ts'
import { parseDeviceTopic } from '../../../contract/topics.ts'
import type { Attempts } from '../../../ingest/attempts.ts'
import type { DeviceLiveState } from '../../../ingest/device-state.ts'
import type { KnownDevice } from '../../../ingest/directory.ts'
import { createEngine, type IngestEngine } from '../../../ingest/engine.ts'
import type { StateRegistry } from '../../../ingest/states/state-keeper.ts'
import type { Surroundings } from '../../../ingest/steps/place.ts'
import { localPartition } from '../../../storage/journal/local-partition.ts'
import { unpackReadings } from '../../../storage/telemetry/outbox.ts'
import { openHotDatabase } from '../../../storage/telemetry/sqlite/sqlite-open.ts'
import type { WriterOptions } from '../../../storage/telemetry/sqlite/sqlite-writer.ts'
import { readCounters } from './books.ts'

/** Saturday, 21 November 2026, 08:00 in Binjai. */
export const morningMs = Date.UTC(2026, 10, 21, 1)

const blank = {
  name: '',
  lat: null,
  lon: null,
  areaCode: null,
  parentId: null,
  opd: null,
  expectedS: null,
  maintenance: [],
}
const known: KnownDevice[] = [
  {
    ...blank,
    id: 'bus-07',
    kind: 'bus',
    profile: 'trans-binjai-bus',
    disabled: false,
    simulated: false,
    kecamatan: null,
  },
  {
    ...blank,
    id: 'gauge-1',
    kind: 'sensor',
    profile: 'river-gauge',
    disabled: false,
    simulated: false,
    kecamatan: null,
  },
  { ...blank, id: 'cam-1', kind: 'cctv', profile: 'ip-camera', disabled: false, simulated: false, kecamatan: null },
]

/** What ingest knows of a device that is registered. */
export function knownDevice(id: string): KnownDevice | undefined {
  return known.find((one) => one.id === id)
}

export const busTopic = 'binjai/v1/bus/bus-07/telemetry'

export interface EngineUnderTest {
  db: DatabaseSync
  engine: IngestEngine
  close(): void
}

/** The engine on a real database in this folder; `device` may know more or fewer devices than usual. */
export function openEngine(
  dir: string,
  {
    forwards = false,
    device = knownDevice,
    devices = { get: device, all: () => known.flatMap(({ id }) => device(id) ?? []), revision: () => 1 },
    through = (db) => db,
    outboxBytes,
    surroundings,
    attempts,
    closedDays,
    retentionMs = 365 * 86_400_000,
  }: {
    surroundings?: Surroundings
    retentionMs?: number
    forwards?: boolean
    attempts?: Attempts
    closedDays?: WriterOptions
    outboxBytes?: number
    device?: (id: string) => KnownDevice | undefined
    devices?: StateRegistry
    through?: (db: DatabaseSync) => DatabaseSync
  } = {},
): EngineUnderTest {
  const db = openHotDatabase(join(dir, 'hot.db'))
  const engine = createEngine({
    db: through(db),
    topicRoot: 'binjai/v1',
    retentionMs,
    surroundings,
    devices,
    forwards,
    ...(outboxBytes !== undefined && { outboxBytes }),
    ...(attempts !== undefined && { attempts }),
    ...(closedDays !== undefined && { closedDays }),
  })
  return { db, engine, close: () => db.close() }
}

/** What the broker would write for a message. */
export function message(payload: unknown, more: Partial<JournalEntry> = {}): JournalEntry {
  const topic = more.topic ?? busTopic
  const bytes = Buffer.from(typeof payload === 'string' ? payload : JSON.stringify(payload))
  const { deviceId = '' } = parseDeviceTopic('binjai/v1', topic) ?? {}
  const entry = { type: 'message', principal: deviceId, payload: bytes, qos: 1, dup: false, readings: 1 } as const
  return { receivedAtMs: morningMs, ...entry, ...more, topic }
}

export function linkChange(change: LinkChange, receivedAtMs: number, principal = 'bus-07'): JournalEntry {
  const payload = Buffer.from(JSON.stringify(change))
  return { receivedAtMs, type: 'link', principal, topic: '', payload, qos: 0, dup: false, readings: 0 }
}

/** One journal batch for each group of entries, numbered and counted on as the writer does. */
export function batchesOf(groups: readonly (readonly JournalEntry[])[]): JournalBatch[] {
  let cum = 0
  return groups.map((entries, index) => {
    const readings = entries.reduce((sum, entry) => sum + entry.readings, 0)
    cum += readings
    return { partition: localPartition, seq: index + 1, cum, readings, entries: [...entries] }
  })
}

/** How far the engine has come in the one partition that {@link batchesOf} makes. */
export function reached({ engine }: Pick<EngineUnderTest, 'engine'>): number {
  return engine.ledger.position(localPartition).seq
}

/** Takes single entries in, each in a batch of its own; returns what is remembered of the bus. */
export function takeAll({ engine }: EngineUnderTest, entries: readonly JournalEntry[]): DeviceLiveState {
  let { seq, cum } = engine.ledger.position(localPartition)
  for (const entry of entries) {
    seq += 1
    cum += entry.readings
    engine.processBatches([{ partition: localPartition, seq, cum, readings: entry.readings, entries: [entry] }])
  }
  return engine.memories.get('bus-07')
}

export function countersOf({ db }: EngineUnderTest, tailCum = 0) {
  return readCounters(db, () => ({ cum: tailCum }))
}

/** Everything that is kept, in an order of its own, without what depends on how the batches were cut. */
export function contentOf({ db, engine }: EngineUnderTest): Record<string, unknown[]> {
  engine.tidy()
  const tables = db
    .prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> 'outbox'")
    .all()
    .map(({ name }) => String(name))
    .sort()
  const rows = Object.fromEntries(
    tables.map((name) => [
      name,
      db
        .prepare(`SELECT * FROM ${name}`)
        .all()
        .map((row) => JSON.stringify(row))
        .sort(),
    ]),
  )
  const outbox = db.prepare('SELECT body FROM outbox ORDER BY id').all()
  return { ...rows, outbox: outbox.flatMap(({ body }) => unpackReadings(body)) }
}

/** A database whose process dies just before its n-th call. */
export function dyingBefore(nthCall: number): (db: DatabaseSync) => DatabaseSync {
  let left = nthCall
  function step(): void {
    left -= 1
    if (left === 0) throw new Error('died')
  }
  const statement = (real: StatementSync) => withCalls(real, ['run', 'get', 'all'], step, (result) => result)
  return (db) =>
    withCalls(
      withCalls(db, ['exec'], step, (result) => result),
      ['prepare'],
      () => undefined,
      (result) =>
        // `prepare` gives a statement.
        statement(result as StatementSync),
    )
}

/** The same object, with some of its methods going through us. */
function withCalls<T extends object>(
  real: T,
  names: string[],
  before: () => void,
  after: (result: unknown) => unknown,
): T {
  return new Proxy(real, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target)
      if (typeof member !== 'function') return member
      if (!names.includes(String(name))) return member.bind(target)
      return (...args: unknown[]) => {
        before()
        return after(member.apply(target, args))
      }
    },
  })
}
