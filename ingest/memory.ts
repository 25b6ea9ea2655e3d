import type { DatabaseSync } from 'node:sqlite'
import type { LiveDevice } from '../contract/feed.ts'
import { type DeferredTable, deferredRows } from './store/deferred.ts'

/** What ingest remembers of one device: its live picture, and what the steps need to judge the next reading. */
export interface DeviceMemory extends LiveDevice {
  /** Last time of ours that was given to a reading without one; the next must be later, or it would overwrite it. */
  stampedAtMs: number
  /** CRC of the last message without a time, to know its redelivery again. */
  stampedCrc: number
  /** How often in a row the metrics of the profile's `frozen` rule were the same. */
  sameTimes: number
  sameKey: string
  /** Moments of the last losses of its connection, oldest first. */
  lossesMs: number[]
}

export interface Memories {
  get(id: string): DeviceMemory
  /** Marks a memory as changed since the last commit. */
  touch(memory: DeviceMemory): void
  /** Writes the changed ones, inside the caller's transaction; returns them for the live feed. */
  flush(): DeviceMemory[]
  all(): Iterable<DeviceMemory>
}

export function newMemory(id: string): DeviceMemory {
  return {
    id,
    measuredAtMs: null,
    receivedAtMs: null,
    tsSource: 'device',
    clockWrong: false,
    lat: null,
    lon: null,
    positionAtMs: null,
    metrics: {},
    olderMs: {},
    link: { state: 'unknown', sinceMs: 0, reason: null },
    duplicate: false,
    flappingUntilMs: null,
    status: null,
    statusReason: null,
    frozen: false,
    skewMs: null,
    faults: [],
    stampedAtMs: 0,
    stampedCrc: 0,
    sameTimes: 0,
    sameKey: '',
    lossesMs: [],
  }
}

/** Name of the table, also among the deferred ones. */
export const memoryTable = 'memory'

export function createDeferredMemory(db: DatabaseSync): DeferredTable {
  const upsert = db.prepare(
    'INSERT INTO memory (id, json) VALUES (?, ?) ON CONFLICT DO UPDATE SET json = excluded.json',
  )
  return { write: (id, json) => void upsert.run(id, json) }
}

export function openMemoryTable(db: DatabaseSync): void {
  db.exec('CREATE TABLE IF NOT EXISTS memory (id TEXT PRIMARY KEY, json TEXT NOT NULL) WITHOUT ROWID')
}

/**
 * Memories live in RAM and are kept in the same transaction as the readings they follow from: after a crash they
 * stand exactly where the journal's offset stands.
 */
export function openMemories(db: DatabaseSync, keep: (id: string, json: string) => void): Memories {
  const memories = new Map<string, DeviceMemory>()
  const load = (id: string, json: string) => memories.set(id, { ...newMemory(id), ...JSON.parse(json) })
  for (const { id, json } of db.prepare('SELECT id, json FROM memory').all()) load(String(id), String(json))
  for (const { key, form } of deferredRows(db, memoryTable)) load(key, form)
  const changed = new Set<DeviceMemory>()
  return {
    get(id) {
      const known = memories.get(id)
      if (known !== undefined) return known
      const memory = newMemory(id)
      memories.set(id, memory)
      return memory
    },
    touch: (memory) => changed.add(memory),
    flush() {
      const list = [...changed]
      changed.clear()
      for (const memory of list) keep(memory.id, JSON.stringify(memory))
      return list
    },
    all: () => memories.values(),
  }
}
