import type { DatabaseSync } from 'node:sqlite'

/** Something that happened once: what a device told on its event, status or command-result topic. */
export interface DeviceEvent {
  deviceId: string
  /** Our clock. */
  atMs: number
  type: string
  payload: Uint8Array
}

export interface EventTable {
  save(event: DeviceEvent): void
  /** Drops about so many of the oldest; returns how many of them were from before this moment. */
  dropBefore(ms: number, most: number): number
}

export function createEventTable(db: DatabaseSync): EventTable {
  db.exec(`
    CREATE TABLE IF NOT EXISTS event (
      id INTEGER PRIMARY KEY, device TEXT NOT NULL, at INTEGER NOT NULL, type TEXT NOT NULL, payload BLOB NOT NULL
    );
    CREATE INDEX IF NOT EXISTS event_device ON event (device, at);
  `)
  const insert = db.prepare('INSERT INTO event (device, at, type, payload) VALUES (?, ?, ?, ?)')
  // Events come in by time, so the oldest have the lowest numbers: no look at all the others.
  const drop = db.prepare('DELETE FROM event WHERE id IN (SELECT id FROM event ORDER BY id LIMIT ?) AND at < ?')
  return {
    save({ deviceId, atMs, type, payload }) {
      insert.run(deviceId, atMs, type, payload)
    },
    dropBefore: (ms, most) => Number(drop.run(most, ms).changes),
  }
}
