import type { DatabaseSync } from 'node:sqlite'
import type { StateChange } from '../../../contract/ports/states.ts'
import { causeOfNumber, numberOfCause, numberOfState, stateOfNumber } from './state-codes.ts'

export interface DeviceStateChange extends StateChange {
  deviceId: string
}

/** Changes of state of all devices, as they lie in the hot database. All calls belong inside a transaction of the caller's. */
export interface StateTable {
  /** State of each device that had one when the table was opened. */
  newest(): DeviceStateChange[]
  /** A later change of the same moment takes the place of the earlier one. */
  save(change: DeviceStateChange): void
  /**
   * Drops what ended before this moment, of some devices at a time and about so many rows; returns how many. Of a device that
   * is registered no more, and has not changed since, nothing stays: ids come and go for as long as a city lives.
   */
  dropBefore(ms: number, most: number, isRegistered: (id: string) => boolean): number
  /** Forgets changes after this moment: by our clock, which was set back, they have not happened yet. */
  forgetAfter(ms: number): void
  /** Returns how many were dropped for want of room since the last time. */
  flush(): number
  /** End of the last time in which nobody could be heard, ms. */
  unwatchedUntilMs(): number | null
  setUnwatchedUntil(ms: number): void
}

/**
 * Of one device. Past it its own oldest go, counted as dropped: changes are kept for years, and one device that comes and goes must not
 * fill the disk. Fifty changes a day for five years are 91,000.
 */
export const maxStatesOfDevice = 100_000
const trimmedAtOnce = 100
/** Devices that one call of `dropBefore` looks at; the next call goes on with the next. */
const sweptAtOnce = 1000

export const stateSchema = `
  CREATE TABLE IF NOT EXISTS state_device (
    dev INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, n INTEGER NOT NULL, at INTEGER NOT NULL, state INTEGER NOT NULL,
    cause INTEGER NOT NULL
  );
  CREATE TABLE IF NOT EXISTS state (
    dev INTEGER NOT NULL, at INTEGER NOT NULL, state INTEGER NOT NULL, cause INTEGER NOT NULL, PRIMARY KEY (dev, at)
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS state_unwatched (one INTEGER PRIMARY KEY CHECK (one = 1), until_ms INTEGER NOT NULL);
`

interface KnownDevice {
  dev: number
  rows: number
}

export function createStateTable(db: DatabaseSync, most = maxStatesOfDevice): StateTable {
  db.exec(stateSchema)
  const found = db.prepare('SELECT dev, id, n, at, state, cause FROM state_device').all()
  const enter = db.prepare('INSERT INTO state_device (id, n, at, state, cause) VALUES (?, 0, 0, 0, 0) RETURNING dev')
  const insert = db.prepare('INSERT INTO state (dev, at, state, cause) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING')
  const replace = db.prepare('UPDATE state SET state = ?3, cause = ?4 WHERE dev = ?1 AND at = ?2')
  const update = db.prepare('UPDATE state_device SET n = ?, at = ?, state = ?, cause = ? WHERE dev = ?')
  const recount = db.prepare('UPDATE state_device SET n = ? WHERE dev = ?')
  const trim = db.prepare(
    'DELETE FROM state WHERE dev = ?1 AND at IN (SELECT at FROM state WHERE dev = ?1 ORDER BY at LIMIT ?2)',
  )
  // The one that holds at that moment stays: what the device was in then is known by it alone.
  const drop = db.prepare(`
    DELETE FROM state WHERE dev = ?1 AND at IN (
      SELECT at FROM state WHERE dev = ?1 AND at < (SELECT max(at) FROM state WHERE dev = ?1 AND at <= ?2) LIMIT ?3
    )
  `)
  const dropAll = db.prepare('DELETE FROM state WHERE dev = ?')
  const remove = db.prepare('DELETE FROM state_device WHERE dev = ?')
  const someFrom = db.prepare('SELECT id, at FROM state_device WHERE dev > ? ORDER BY dev LIMIT ?')
  const devices = new Map<string, KnownDevice>()
  for (const row of found) devices.set(String(row.id), { dev: Number(row.dev), rows: Number(row.n) })
  let dropped = 0
  let sweptUpTo = 0

  function deviceOf(id: string): KnownDevice {
    const known = devices.get(id)
    if (known !== undefined) return known
    const entered = { dev: Number(enter.get(id)?.dev), rows: 0 }
    devices.set(id, entered)
    return entered
  }

  function hold(device: KnownDevice, rows: number): void {
    device.rows += rows
    recount.run(device.rows, device.dev)
  }

  function dropOf(device: KnownDevice, ms: number, atMost: number): number {
    const rows = Number(drop.run(device.dev, ms, atMost).changes)
    if (rows > 0) hold(device, -rows)
    return rows
  }

  function forget(id: string, { dev }: KnownDevice): number {
    const rows = Number(dropAll.run(dev).changes)
    remove.run(dev)
    devices.delete(id)
    return rows
  }

  function makeRoom(device: KnownDevice): void {
    while (device.rows > most) {
      const gone = Number(trim.run(device.dev, Math.min(trimmedAtOnce, Math.ceil(most / 10))).changes)
      if (gone === 0) throw new Error(`device ${device.dev} has no states, against its own count`)
      device.rows -= gone
      dropped += gone
    }
  }

  return {
    newest: () =>
      found.map(({ id, at, state, cause }) => ({
        deviceId: String(id),
        atMs: Number(at),
        state: stateOfNumber(state),
        cause: causeOfNumber(cause),
      })),
    save({ deviceId, atMs, state, cause }) {
      const device = deviceOf(deviceId)
      const values = [numberOfState(state), numberOfCause(cause)] as const
      if (insert.run(device.dev, atMs, ...values).changes === 0) replace.run(device.dev, atMs, ...values)
      else device.rows += 1
      makeRoom(device)
      update.run(device.rows, atMs, ...values, device.dev)
    },
    dropBefore(ms, atMost, isRegistered) {
      let gone = 0
      const some = someFrom.all(sweptUpTo, sweptAtOnce)
      for (const row of some) {
        const id = String(row.id)
        const device = deviceOf(id)
        gone += dropOf(device, ms, atMost - gone)
        // It may have more: the next call begins with it.
        if (gone >= atMost) return gone
        if (Number(row.at) < ms && !isRegistered(id)) gone += forget(id, device)
        sweptUpTo = device.dev
      }
      if (some.length < sweptAtOnce) sweptUpTo = 0
      return gone
    },
    forgetAfter(ms) {
      db.prepare('DELETE FROM state WHERE at > ?').run(ms)
      const counts = db.prepare('SELECT dev, count(*) AS n FROM state GROUP BY dev').all()
      const rows = new Map(counts.map(({ dev, n }) => [Number(dev), Number(n)]))
      for (const device of devices.values()) {
        hold(device, (rows.get(device.dev) ?? 0) - device.rows)
      }
    },
    flush() {
      const gone = dropped
      dropped = 0
      return gone
    },
    unwatchedUntilMs() {
      const row = db.prepare('SELECT until_ms FROM state_unwatched').get()
      return row === undefined ? null : Number(row.until_ms)
    },
    setUnwatchedUntil(ms) {
      db.prepare('INSERT OR REPLACE INTO state_unwatched (one, until_ms) VALUES (1, ?)').run(ms)
    },
  }
}
