import type { DatabaseSync } from 'node:sqlite'

/** Something that happened once: what a device told on its event, status or command-result topic, or what became of its connection. */
export interface DeviceEvent {
  deviceId: string
  /** Our clock. */
  atMs: number
  type: string
  payload: Uint8Array
}

export interface EventTable {
  save(event: DeviceEvent): void
  /** How many events of the device lie here of this millisecond. */
  countAt(deviceId: string, atMs: number): number
  /** Drops about so many of the oldest; returns how many of them were from before this moment. */
  dropBefore(ms: number, most: number): number
  /** Writes what the devices hold now; returns how many were let go for want of room since the last time. */
  flush(): number
}

/** What one device holds. */
export interface Held {
  rows: number
  /** Of the payloads. */
  bytes: number
}

/**
 * Of one device. Past it its own oldest go, counted as let go: events are kept for years, and one that floods must not
 * fill the disk, on which everybody's readings stop. Fifty events a day for five years are 91,000.
 */
export const maxEventsOfDevice: Held = { rows: 100_000, bytes: 64 * 1024 * 1024 }

/** Let go in one go: a tenth of what the device holds, and at most so many. */
const trimmedAtOnce = 100

/** Of one device: a sensor that connects for each message does so 288 times a day. */
export const maxLinkEventsOfDevice: Held = { rows: 20_000, bytes: 8 * 1024 * 1024 }

/** What devices told, and what became of their connections: apart, so that a connection that comes and goes costs no word of a device. */
export type EventTableName = 'event' | 'link_event'

const schemaOf = (table: EventTableName) => `
  CREATE TABLE IF NOT EXISTS ${table} (
    id INTEGER PRIMARY KEY, device TEXT NOT NULL, at INTEGER NOT NULL, type TEXT NOT NULL, payload BLOB NOT NULL
  );
  CREATE INDEX IF NOT EXISTS ${table}_device ON ${table} (device, at);
  CREATE INDEX IF NOT EXISTS ${table}_at ON ${table} (at);
  CREATE TABLE IF NOT EXISTS ${table}_held (
    device TEXT PRIMARY KEY, n INTEGER NOT NULL, bytes INTEGER NOT NULL
  ) WITHOUT ROWID;
`

export function createEventTable(
  db: DatabaseSync,
  most: Held = maxEventsOfDevice,
  table: EventTableName = 'event',
): EventTable {
  db.exec(schemaOf(table))
  const insert = db.prepare(`INSERT INTO ${table} (device, at, type, payload) VALUES (?, ?, ?, ?)`)
  // Events come in by time, so the oldest have the lowest numbers: no look at all the others.
  const drop = db.prepare(`
    DELETE FROM ${table} WHERE id IN (SELECT id FROM ${table} ORDER BY id LIMIT ?) AND at < ?
    RETURNING device, length(payload) AS bytes
  `)
  const dropOfDevice = db.prepare(`
    DELETE FROM ${table} WHERE id IN (SELECT id FROM ${table} WHERE device = ? ORDER BY at LIMIT ?)
    RETURNING length(payload) AS bytes
  `)
  const kept = db.prepare(`SELECT n, bytes FROM ${table}_held WHERE device = ?`)
  const countAt = db.prepare(`SELECT count(*) AS n FROM ${table} WHERE device = ? AND at = ?`)
  const counted = db.prepare(
    `SELECT count(*) AS n, ifnull(sum(length(payload)), 0) AS bytes FROM ${table} WHERE device = ?`,
  )
  const keep = db.prepare(`INSERT OR REPLACE INTO ${table}_held (device, n, bytes) VALUES (?, ?, ?)`)
  const remove = db.prepare(`DELETE FROM ${table}_held WHERE device = ?`)
  const devices = new Map<string, Held>()
  const changed = new Set<string>()
  let letGo = 0

  /** `undefined`: an older release has counted nothing. */
  function known(device: string): Held | undefined {
    const row = devices.has(device) ? undefined : kept.get(device)
    if (row !== undefined) devices.set(device, { rows: Number(row.n), bytes: Number(row.bytes) })
    return devices.get(device)
  }

  function heldBy(device: string): Held {
    const found = known(device)
    if (found !== undefined) return found
    const row = counted.get(device)
    const held = { rows: Number(row?.n), bytes: Number(row?.bytes) }
    devices.set(device, held)
    return held
  }

  function hold(device: string, held: Held, rows: number, bytes: number): void {
    held.rows += rows
    held.bytes += bytes
    changed.add(device)
  }

  /** Ids come and go for as long as a city lives; one that holds nothing is not remembered. */
  function forget(device: string): void {
    remove.run(device)
    devices.delete(device)
  }

  function trim(device: string, held: Held): void {
    while (held.rows > most.rows || held.bytes > most.bytes) {
      const gone = dropOfDevice.all(device, Math.min(trimmedAtOnce, Math.ceil(held.rows / 10)))
      if (gone.length === 0) throw new Error(`there are no events of "${device}", against its own count`)
      for (const { bytes } of gone) hold(device, held, -1, -Number(bytes))
      letGo += gone.length
    }
  }

  return {
    save({ deviceId, atMs, type, payload }) {
      const held = heldBy(deviceId)
      insert.run(deviceId, atMs, type, payload)
      hold(deviceId, held, 1, payload.byteLength)
      trim(deviceId, held)
    },
    countAt: (deviceId, atMs) => Number(countAt.get(deviceId, atMs)?.n),
    dropBefore(ms, atMost) {
      const gone = drop.all(atMost, ms)
      for (const { device, bytes } of gone) {
        const held = known(String(device))
        if (held !== undefined) hold(String(device), held, -1, -Number(bytes))
      }
      return gone.length
    },
    flush() {
      for (const device of changed) {
        const { rows, bytes } = heldBy(device)
        if (rows === 0) forget(device)
        else keep.run(device, rows, bytes)
      }
      changed.clear()
      const gone = letGo
      letGo = 0
      return gone
    },
  }
}
