import type { DatabaseSync } from 'node:sqlite'
import type { LiveDevice } from '../contract/feed.ts'
import { type DeferredTable, deferredRows } from '../storage/telemetry/sqlite/write-behind.ts'
import { letNamesGo } from './steps/names.ts'

/** What ingest remembers of one device: its live picture, and what the steps need to judge the next reading. */
export interface DeviceLiveState extends Omit<LiveDevice, 'olderMs'> {
  /** Time of each value in `metrics`; kept as those of them that are older than `measuredAtMs`. */
  timesMs: Record<string, number>
  /** Names outside the dictionary, and when each was heard last, our clock; see steps/names.ts. */
  namesMs: Record<string, number>
  /** Names of metrics that stand for another key than themselves, with the mark of that key. */
  nameOwners: Record<string, number>
  /** When a message last brought its picture forward, our clock. */
  liveAtMs: number
  /** Last time of ours that was given to a reading without one; the next must be later, or it would overwrite it. */
  stampedAtMs: number
  /** How often in a row the metrics of the profile's `frozen` rule were the same. */
  sameTimes: number
  sameKey: string
  /** Moments of the last ends of its connection that it did not choose, oldest first. */
  lossesMs: number[]
  /** Of its last connections, oldest first, whether each was held beyond its message; see steps/visits.ts. */
  heldLinks: boolean[]
}

export interface DeviceStates {
  get(id: string): DeviceLiveState
  /** `undefined`: nothing was heard of it. */
  find(id: string): DeviceLiveState | undefined
  /** Marks a memory as changed since the last commit. */
  touch(memory: DeviceLiveState): void
  /** Writes the changed ones, inside the caller's transaction; returns them for the live feed. */
  flush(): DeviceLiveState[]
  /** `liveOf` as JSON; of those that the last `flush` returned it is there already. */
  liveText(memory: DeviceLiveState): string
  all(): Iterable<DeviceLiveState>
  /** Lets go of devices that are not registered any more: who bears one of their ids later is another. */
  keepOnly(isRegistered: (id: string) => boolean): void
  /** Names of metrics that were let go at the opening, because their device had more than it may. */
  readonly namesLetGo: { devices: number; names: number }
}

export function newDeviceState(id: string): DeviceLiveState {
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
    timesMs: {},
    namesMs: {},
    link: { state: 'unknown', sinceMs: 0, reason: null },
    duplicate: false,
    flappingUntilMs: null,
    status: null,
    statusReason: null,
    frozen: false,
    skewMs: null,
    faults: [],
    manual: null,
    nameOwners: {},
    liveAtMs: 0,
    stampedAtMs: 0,
    sameTimes: 0,
    sameKey: '',
    lossesMs: [],
    heldLinks: [],
  }
}

/** What the api is told of it. */
export function liveOf(memory: DeviceLiveState): LiveDevice {
  const {
    timesMs: _times,
    namesMs: _names,
    nameOwners: _owners,
    liveAtMs: _live,
    stampedAtMs: _at,
    sameTimes: _same,
    sameKey: _key,
    lossesMs: _losses,
    heldLinks: _held,
    ...live
  } = memory
  return { ...live, olderMs: olderMs(memory) }
}

function olderMs({ timesMs, measuredAtMs }: DeviceLiveState): Record<string, number> {
  const older: Record<string, number> = {}
  for (const name in timesMs) {
    const ms = timesMs[name] ?? 0
    if (ms < (measuredAtMs ?? 0)) older[name] = ms
  }
  return older
}

/** As it lies in its table: what the api is told, and what only the steps need. The times are those of the former. */
function formOf(memory: DeviceLiveState, liveText: string): string {
  return `${liveText.slice(0, -1)},${JSON.stringify(ownOf(memory)).slice(1)}`
}

function ownOf(memory: DeviceLiveState): Omit<DeviceLiveState, keyof LiveDevice | 'timesMs'> {
  const { namesMs, nameOwners, liveAtMs, stampedAtMs, sameTimes, sameKey, lossesMs, heldLinks } = memory
  return { namesMs, nameOwners, liveAtMs, stampedAtMs, sameTimes, sameKey, lossesMs, heldLinks }
}

/** What `formOf` made, also of an older release. */
function memoryOf(id: string, form: string): DeviceLiveState {
  // Our own words of an earlier moment.
  const { olderMs = {}, ...kept } = JSON.parse(form) as Partial<DeviceLiveState & Pick<LiveDevice, 'olderMs'>>
  const memory = { ...newDeviceState(id), ...kept }
  for (const name in memory.metrics) memory.timesMs[name] = olderMs[name] ?? memory.measuredAtMs ?? 0
  return memory
}

/** Name of the table, also among the deferred ones. */
export const memoryTable = 'memory'

/** In the place of a memory that was let go. */
const gone = ''

export function createWriteBehindState(db: DatabaseSync): DeferredTable {
  const upsert = db.prepare(
    'INSERT INTO memory (id, json) VALUES (?, ?) ON CONFLICT DO UPDATE SET json = excluded.json',
  )
  const remove = db.prepare('DELETE FROM memory WHERE id = ?')
  return { write: (id, json) => void (json === gone ? remove.run(id) : upsert.run(id, json)) }
}

export function openMemoryTable(db: DatabaseSync): void {
  db.exec('CREATE TABLE IF NOT EXISTS memory (id TEXT PRIMARY KEY, json TEXT NOT NULL) WITHOUT ROWID')
}

/**
 * DeviceStates live in RAM and are kept in the same transaction as the readings they follow from: after a crash they
 * stand exactly where the journal's offset stands.
 */
export function openDeviceStates(db: DatabaseSync, keep: (id: string, json: string) => void): DeviceStates {
  const memories = new Map<string, DeviceLiveState>()
  const changed = new Set<DeviceLiveState>()
  let texts = new Map<DeviceLiveState, string>()
  const namesLetGo = { devices: 0, names: 0 }

  function load(id: string, form: string): void {
    if (form === gone) memories.delete(id)
    else memories.set(id, memoryOf(id, form))
  }

  for (const { id, json } of db.prepare('SELECT id, json FROM memory').all()) load(String(id), String(json))
  for (const { key, form } of deferredRows(db, memoryTable)) load(key, form)
  for (const memory of memories.values()) {
    const names = letNamesGo(memory)
    if (names === 0) continue
    namesLetGo.devices += 1
    namesLetGo.names += names
    changed.add(memory)
  }
  return {
    get(id) {
      const known = memories.get(id)
      if (known !== undefined) return known
      const memory = newDeviceState(id)
      memories.set(id, memory)
      return memory
    },
    find: (id) => memories.get(id),
    touch(memory) {
      changed.add(memory)
      texts.delete(memory)
    },
    flush() {
      const list = [...changed]
      changed.clear()
      texts = new Map(list.map((memory) => [memory, JSON.stringify(liveOf(memory))]))
      for (const [memory, text] of texts) keep(memory.id, formOf(memory, text))
      return list
    },
    liveText: (memory) => texts.get(memory) ?? JSON.stringify(liveOf(memory)),
    all: () => memories.values(),
    keepOnly(isRegistered) {
      for (const [id, memory] of memories) {
        if (isRegistered(id)) continue
        memories.delete(id)
        changed.delete(memory)
        keep(id, gone)
      }
    },
    namesLetGo,
  }
}
