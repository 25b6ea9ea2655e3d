import type { DatabaseSync } from 'node:sqlite'
import type { JournalBatch, JournalEntry, JournalPosition } from '../contract/ports/journal.ts'
import type { QuarantineRow, RetryResult } from '../contract/ports/pipeline.ts'
import type { StoredReading, StoreRefusal } from '../contract/ports/telemetry.ts'
import { openCoverage } from '../storage/telemetry/coverage.ts'
import { createLedger, type Ledger } from '../storage/telemetry/ledger.ts'
import type { Refuse } from '../storage/telemetry/quarantine.ts'
import { createDeferredNewest, newestForm, newestTable } from '../storage/telemetry/sqlite/newest.ts'
import { inTransaction } from '../storage/telemetry/sqlite/sqlite-open.ts'
import { createSqliteWriter, type SqliteWriter, type WriterOptions } from '../storage/telemetry/sqlite/sqlite-writer.ts'
import { openWriteBehind } from '../storage/telemetry/sqlite/write-behind.ts'
import { type Attempts, noAttempts } from './attempts.ts'
import {
  createWriteBehindState,
  type DeviceLiveState,
  type DeviceStates,
  memoryTable,
  openDeviceStates,
  openMemoryTable,
} from './device-state.ts'
import { openInFlight } from './in-flight.ts'
import { createPipeline } from './pipeline.ts'
import { createDeviceHistory } from './states/device-history.ts'
import type { StateRegistry } from './states/state-keeper.ts'
import type { Surroundings } from './steps/place.ts'

/** Journal batches in, rows and counts out: each call is one transaction of the hot database. */
export interface IngestEngine {
  ledger: Ledger
  memories: DeviceStates
  /** Returns the devices whose picture changed. */
  takeBatches(batches: readonly JournalBatch[]): DeviceLiveState[]
  /** Reads from the beginning of a partition that took the place of the one that was read so far. */
  resetPosition(partition: string, to: JournalPosition): void
  retry(quarantineId: number): { result: RetryResult; changed: DeviceLiveState[] } | undefined
  settle(upTo: number, readings: readonly StoredReading[], refused: readonly StoreRefusal[]): void
  /** Days, events and late rows before these moments are let go. */
  dropBefore(moments: { telemetryMs: number; eventsMs: number }): void
  /** Forgets what was remembered of devices that are registered no more. */
  forgetDevices(): void
  /** Brings all tables up to date, for who reads them without us; the engine may go on afterwards. */
  tidy(): void
  writer: Pick<SqliteWriter, 'days' | 'late'>
}

interface Options {
  db: DatabaseSync
  topicRoot: string
  retentionMs: number
  surroundings?: Surroundings | undefined
  devices: StateRegistry
  /** Readings also go to a configured store. */
  forwards: boolean
  /** Most bytes that may wait for that store. */
  outboxBytes?: number
  /** Where past days lie that have no table; absent: every day has one. */
  closedDays?: WriterOptions
  /** What ended processes before; absent: nothing is known of it. */
  attempts?: Attempts
}

export function createEngine(options: Options): IngestEngine {
  const {
    db,
    topicRoot,
    retentionMs,
    surroundings,
    devices,
    forwards,
    outboxBytes,
    closedDays,
    attempts = noAttempts,
  } = options
  const writer = createSqliteWriter(db, {
    ...closedDays,
    keepNewest: (row) => deferred.put(newestTable, String(row.dev), newestForm(row)),
  })
  const coverage = openCoverage(db)
  const momentsOf = (readings: readonly StoredReading[]) => readings.map(({ tsMs }) => tsMs)
  const ledger = createLedger(db, {
    ...(outboxBytes !== undefined && { outboxBytes }),
    notForwarded: (readings) => coverage.notForwarded(momentsOf(readings)),
  })
  openMemoryTable(db)
  const deferred = openWriteBehind(db, {
    [memoryTable]: createWriteBehindState(db),
    [newestTable]: createDeferredNewest(db),
  })
  const memories = openDeviceStates(db, (id, json) => deferred.put(memoryTable, id, json))
  const history = createDeviceHistory({
    db,
    clock: ledger,
    registry: devices,
    liveState: memories.find,
    forward: forwards ? ledger.enqueueHistory : undefined,
    countDropped: (cause, n) => writer.days.countDropped('event', cause, n),
  })
  const inFlight = openInFlight(db)
  /** Devices of which the entry that is being taken says something. */
  const heard = new Set<DeviceLiveState>()
  let forwarded: StoredReading[] = []
  const pipeline = createPipeline({
    topicRoot,
    retentionMs,
    surroundings,
    memories: {
      ...memories,
      touch(memory) {
        heard.add(memory)
        memories.touch(memory)
      },
    },
    ledger,
    device: devices.get,
    store: writer.write,
    saveEvent: history.saveEvent,
    saveLink: history.saveLink,
    inFlight,
    forward(reading) {
      if (forwards) forwarded.push(reading)
      else ledger.stored(1)
    },
  })

  /** Writes what the entries since the last time have changed; the devices whose picture that is. */
  function flush(): DeviceLiveState[] {
    ledger.enqueue(forwarded)
    forwarded = []
    writer.flush()
    const changed = memories.flush()
    deferred.flush()
    inFlight.flush()
    history.flush()
    ledger.flush()
    return changed
  }

  function commit<T>(work: () => T): { result: T; changed: DeviceLiveState[] } {
    return inTransaction(db, () => {
      const result = work()
      attempts.writing()
      const changed = flush()
      attempts.end()
      return { result, changed }
    })
  }

  /** Where the writing is what a process ended in, each entry is written by itself, so that it is known which it was. */
  function takeEntry(entry: JournalEntry, batch: JournalBatch, index: number): DeviceLiveState[] {
    const untried = attempts.begin(batch, index, entry)
    history.advance(entry)
    if (untried === undefined) pipeline.take(entry)
    else setAside(entry, untried)
    judgeHeard()
    return attempts.writesEach(batch) ? flush() : []
  }

  function judgeHeard(): void {
    if (heard.size === 0) return
    history.heard(heard)
    heard.clear()
  }

  function setAside(
    { receivedAtMs: atMs, topic, principal, readings: n, payload }: JournalEntry,
    detail: string,
  ): void {
    ledger.reject({ atMs, topic, deviceId: principal || null, reason: 'ingest-ended', detail, n, payload })
  }

  function takeBatch(batch: JournalBatch): DeviceLiveState[] {
    const { partition, seq, cum, readings, entries } = batch
    const before = ledger.position(partition)
    // A gap between two batches is bytes of the journal that are no longer there.
    const missing = cum - readings - before.cum
    if (missing > 0) ledger.lost('journal-damaged', missing)
    // Its end was damaged, and the writer could not know how far it had counted.
    if (missing < 0) ledger.resetPosition(partition, { seq: before.seq, cum: cum - readings })
    if (entries === undefined) ledger.lost('journal-damaged', readings)
    const changed = (entries ?? []).flatMap((entry, index) => takeEntry(entry, batch, index))
    ledger.advance(partition, { seq, cum })
    return changed
  }

  function takeBatches(batches: readonly JournalBatch[]): DeviceLiveState[] {
    try {
      const { result, changed } = commit(() => {
        history.begin()
        return batches.flatMap(takeBatch)
      })
      return result.length === 0 ? changed : [...new Set([...result, ...changed])]
    } catch (error) {
      attempts.failed(error)
      throw error
    }
  }

  function retryOf(quarantineId: number): RetryResult | undefined {
    const row = ledger.quarantined(quarantineId)
    if (row === undefined) return undefined
    // A note only: the reading itself was taken when it came.
    if (row.readings === 0) return { outcome: 'rejected', reason: row.reason }
    const entry: JournalEntry = {
      receivedAtMs: row.atMs,
      type: 'message',
      principal: row.deviceId ?? '',
      topic: row.topic,
      payload: row.payload,
      qos: 1,
      dup: false,
      readings: row.readings,
    }
    return takeAgain(row, entry)
  }

  function takeAgain(row: QuarantineRow, entry: JournalEntry): RetryResult {
    const refused: Parameters<Refuse>[0][] = []
    const { readings, stored, duplicates } = pipeline.takeAgain(entry, (item) => refused.push(item))
    const worst = refused.find(({ n }) => n > 0)
    const reason = worst?.reason ?? null
    ledger.recount(row.readings, readings)
    if (worst !== undefined && stored + duplicates === 0) {
      ledger.keep(row, { reason: worst.reason, detail: worst.detail, atMs: Date.now(), n: readings })
      return { outcome: 'rejected', reason }
    }
    // What of it could not be taken this time either stays behind, part by part.
    ledger.release(row)
    for (const item of refused) ledger.reject({ ...item, atMs: row.atMs, topic: row.topic, deviceId: row.deviceId })
    return { outcome: stored > 0 ? 'stored' : 'duplicate', reason }
  }

  if (memories.namesLetGo.devices > 0) commit(() => undefined)

  return {
    ledger,
    memories,
    takeBatches,
    resetPosition(partition, to) {
      commit(() => ledger.resetPosition(partition, to))
    },
    retry(quarantineId) {
      const { result, changed } = commit(() => {
        const retried = retryOf(quarantineId)
        judgeHeard()
        return retried
      })
      return result === undefined ? undefined : { result, changed }
    },
    settle(upTo, readings, refused) {
      commit(() => {
        for (const refusal of refused) rejectRefused(readings[refusal.index], refusal)
        coverage.notForwarded(momentsOf(refused.flatMap(({ index }) => readings[index] ?? [])))
        ledger.settleWaiting(upTo, readings.length - refused.filter(({ metric }) => metric === undefined).length)
      })
    },
    dropBefore({ telemetryMs, eventsMs }) {
      inTransaction(db, () => {
        deferred.finish()
        writer.days.dropBefore(telemetryMs)
        history.dropBefore(eventsMs)
        history.flush()
      })
    },
    forgetDevices() {
      commit(() => memories.keepOnly((id) => devices.get(id) !== undefined))
    },
    tidy() {
      inTransaction(db, deferred.finish)
    },
    writer,
  }

  /** One value of it is a note: the rest of the reading is stored. */
  function rejectRefused(reading: StoredReading | undefined, { metric, detail }: StoreRefusal): void {
    if (reading === undefined) return
    const { deviceId, kind, tsMs, lat, lon, metrics } = reading
    ledger.reject({
      atMs: reading.receivedAtMs,
      topic: `${topicRoot}/${kind}/${deviceId}/telemetry`,
      deviceId,
      reason: 'refused-by-store',
      detail: metric === undefined ? detail : `${metric}: ${detail}`,
      n: metric === undefined ? 1 : 0,
      payload: new TextEncoder().encode(JSON.stringify({ ts: tsMs, lat, lon, ...metrics })),
    })
  }
}
