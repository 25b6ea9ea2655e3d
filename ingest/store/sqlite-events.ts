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
  dropBefore(ms: number): void
}

export function createEventTable(db: DatabaseSync): EventTable {
  db.exec(`
    CREATE TABLE IF NOT EXISTS event (
      id INTEGER PRIMARY KEY, device TEXT NOT NULL, at INTEGER NOT NULL, type TEXT NOT NULL, payload BLOB NOT NULL
    );
    CREATE INDEX IF NOT EXISTS event_device ON event (device, at);
  `)
  const insert = db.prepare('INSERT INTO event (device, at, type, payload) VALUES (?, ?, ?, ?)')
  const drop = db.prepare('DELETE FROM event WHERE at < ?')
  return {
    save({ deviceId, atMs, type, payload }) {
      insert.run(deviceId, atMs, type, payload)
    },
    dropBefore(ms) {
      drop.run(ms)
    },
  }
}
