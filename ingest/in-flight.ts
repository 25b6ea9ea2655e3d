import type { DatabaseSync } from 'node:sqlite'
import { crc32 } from 'node:zlib'
import type { JournalEntry, LinkChange } from '../contract/ports/journal.ts'
import { dayMs } from '../contract/time.ts'
import { addColumn } from '../storage/telemetry/sqlite/add-column.ts'

/**
 * What each device's client may send again: messages that have no time of their own to be known by, and those of QoS 2
 * until their release. A message is known again by its packet identifier and its bytes.
 */
export interface InFlight {
  /** Readings of the message that this is once more; `undefined`: it was not taken before. */
  processedBefore(entry: JournalEntry): number | undefined
  /** After it was taken, with so many readings. `keyed`: the store knows it again by itself. */
  follow(entry: JournalEntry, taken: { readings: number; keyed: boolean }): void
  /** PUBREL: whatever bears this identifier from now on is new. */
  release(deviceId: string, packetId: number): void
  /** A connection began, of the session before or of another one. */
  begin(deviceId: string, change: LinkChange): void
  /** Writes what changed, inside the caller's transaction. */
  flush(): void
}

interface Sent {
  crc: number
  /** QoS 2, not released: in its session the identifier belongs to it, with the DUP flag or without [MQTT-4.3.3-2]. */
  held: boolean
  /** When it came. */
  atMs: number
  readings: number
}

/** Messages of one device that are remembered; MQTT clients have some tens under way, mqtt.js all that it could not send. */
export const maxOfDevice = 1000
/** Of all devices together, some 20 MB. Past it each device gives up one of its own for each new one. */
const maxOfAll = 200_000

/**
 * Whoever has no answer for longer than this begins anew. A device that counts from 1 at each start, and whose first
 * message is always the same, would find its old one here for ever.
 */
const longestMs = dayMs

/** Row of the client's mark: no message has the identifier 0 [MQTT-2.3.1-1]. */
const clientRow = 0

export function openInFlight(db: DatabaseSync): InFlight {
  db.exec(`CREATE TABLE IF NOT EXISTS in_flight (
    device TEXT NOT NULL, id INTEGER NOT NULL, crc INTEGER NOT NULL, held INTEGER NOT NULL, at INTEGER NOT NULL,
    PRIMARY KEY (device, id)
  ) WITHOUT ROWID`)
  addColumn(db, 'in_flight', 'n INTEGER NOT NULL DEFAULT 1')
  const upsert = db.prepare('INSERT OR REPLACE INTO in_flight (device, id, crc, held, at, n) VALUES (?, ?, ?, ?, ?, ?)')
  const remove = db.prepare('DELETE FROM in_flight WHERE device = ? AND id = ?')
  /** By device and identifier, oldest first. */
  const devices = new Map<string, Map<number, Sent>>()
  /** By device: its rows lie together, and one that changes twice in a batch is written once. */
  let changed = new Map<string, Set<number>>()
  let size = 0

  for (const { device, id, crc, held, at, n } of db.prepare('SELECT * FROM in_flight ORDER BY at, id').all()) {
    sentOf(String(device)).set(Number(id), {
      crc: Number(crc),
      held: held === 1,
      atMs: Number(at),
      readings: Number(n),
    })
    size += 1
  }

  function sentOf(deviceId: string): Map<number, Sent> {
    const known = devices.get(deviceId)
    if (known !== undefined) return known
    const sent = new Map<number, Sent>()
    devices.set(deviceId, sent)
    return sent
  }

  function put(deviceId: string, id: number, what: Sent): void {
    const sent = sentOf(deviceId)
    drop(deviceId, id)
    makeRoom(deviceId, sent)
    sent.set(id, what)
    size += 1
    touch(deviceId, id)
  }

  function touch(deviceId: string, id: number): void {
    const ids = changed.get(deviceId)
    if (ids === undefined) changed.set(deviceId, new Set([id]))
    else ids.add(id)
  }

  function makeRoom(deviceId: string, sent: Map<number, Sent>): void {
    if (sent.size <= maxOfDevice && size < maxOfAll) return
    for (const oldest of sent.keys()) {
      if (oldest === clientRow) continue
      return drop(deviceId, oldest)
    }
  }

  function drop(deviceId: string, id: number): void {
    if (devices.get(deviceId)?.delete(id) !== true) return
    size -= 1
    touch(deviceId, id)
  }

  function resetPosition(deviceId: string, client: number): void {
    for (const id of [...sentOf(deviceId).keys()]) drop(deviceId, id)
    put(deviceId, clientRow, { crc: client, held: false, atMs: 0, readings: 0 })
  }

  /** Of a session that is gone a client may still send again; what says so is the flag alone. */
  function loosen(deviceId: string): void {
    for (const [id, one] of [...sentOf(deviceId)]) if (one.held) put(deviceId, id, { ...one, held: false })
  }

  function writeEach(deviceId: string, ids: Iterable<number>): void {
    const sent = devices.get(deviceId)
    for (const id of ids) {
      const one = sent?.get(id)
      if (one === undefined) remove.run(deviceId, id)
      else upsert.run(deviceId, id, one.crc, one.held ? 1 : 0, one.atMs, one.readings)
    }
  }

  return {
    processedBefore(entry) {
      const { principal, packetId = 0, dup, receivedAtMs } = entry
      const known = packetId === 0 ? undefined : devices.get(principal)?.get(packetId)
      if (known === undefined || !(known.held || dup)) return undefined
      const isSame = (known.held || receivedAtMs - known.atMs <= longestMs) && known.crc === markOf(entry)
      return isSame ? known.readings : undefined
    },
    follow(entry, { readings, keyed }) {
      const { principal, packetId = 0, qos, receivedAtMs } = entry
      if (packetId === 0) return
      if (keyed) drop(principal, packetId)
      else put(principal, packetId, { crc: markOf(entry), held: qos === 2, atMs: receivedAtMs, readings })
    },
    release: drop,
    begin(deviceId, { client, session }) {
      if (client === undefined) return
      if (devices.get(deviceId)?.get(clientRow)?.crc !== client) resetPosition(deviceId, client)
      else if (session !== 'kept') loosen(deviceId)
    },
    flush() {
      for (const [deviceId, ids] of changed) writeEach(deviceId, ids)
      changed = new Map()
    },
  }
}

function markOf({ topic, payload, qos }: JournalEntry): number {
  return crc32(payload, crc32(`${qos} ${topic}`))
}
