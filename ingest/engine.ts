import type { DatabaseSync } from 'node:sqlite'
import type { CommandResult } from '../contract/feed.ts'
import type { JournalBatch, JournalPosition } from '../contract/ports/journal.ts'
import type { RetryResult } from '../contract/ports/pipeline.ts'
import type { PlaceFound, StoredReading, StoreRefusal } from '../contract/ports/telemetry.ts'
import { openCoverage } from '../storage/telemetry/coverage.ts'
import { createLedger, type Ledger } from '../storage/telemetry/ledger.ts'
import { createDeferredNewest, newestForm, newestTable } from '../storage/telemetry/sqlite/newest.ts'
import { inTransaction } from '../storage/telemetry/sqlite/sqlite-open.ts'
import { createSqliteWriter, type SqliteWriter, type WriterOptions } from '../storage/telemetry/sqlite/sqlite-writer.ts'
import { openWriteBehind } from '../storage/telemetry/sqlite/write-behind.ts'
import { type Attempts, noAttempts } from './attempts.ts'
import { createBatches } from './batches.ts'
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
import { rejectRefused } from './refused-by-store.ts'
import { createRetry } from './retry.ts'
import { createDeviceHistory, type DeviceHistory } from './states/device-history.ts'
import type { StateRegistry } from './states/state-keeper.ts'
import type { Surroundings } from './steps/place.ts'

/** Journal batches in, rows and counts out: each call is one transaction of the hot database. */
export interface IngestEngine {
  ledger: Ledger
  memories: DeviceStates
  /** State of a device as its history has it; `undefined`: it was not judged yet. */
  stateOf: DeviceHistory['stateOf']
  /** Returns the devices whose picture changed. */
  processBatches(batches: readonly JournalBatch[]): DeviceLiveState[]
  /** Reads from the beginning of a partition that took the place of the one that was read so far. */
  resetPosition(partition: string, to: JournalPosition): void
  /** Answers to commands that were stored since the last time. */
  takeResults(): CommandResult[]
  retry(quarantineId: number): { result: RetryResult; changed: DeviceLiveState[] } | undefined
  /** `unwritten`: states and events among them that the store refused. */
  settle(upTo: number, readings: readonly StoredReading[], refused: readonly StoreRefusal[], unwritten?: number): void
  /** Days, events and late rows before these moments are let go. */
  dropBefore(moments: { telemetryMs: number; eventsMs: number }): void
  /** Forgets what was remembered of devices that are registered no more. */
  forgetDevices(): void
  /** Where readings go, as far as it is known. */
  places: { mark(): string | undefined; confirm(found: PlaceFound): string | undefined }
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
  /** Told of each device whose state has changed, inside the transaction; absent: nobody asks. */
  stateChanged?: (deviceId: string) => void
  /** What ended processes before; absent: nothing is known of it. */
  attempts?: Attempts
}

const momentsOf = (readings: readonly StoredReading[]) => readings.map(({ tsMs }) => tsMs)

/** Everything that writes into the hot database: what it is given stays in memory until it is flushed. */
function openWriters({ db, devices, forwards, outboxBytes, closedDays, stateChanged }: Options) {
  const writer = createSqliteWriter(db, {
    ...closedDays,
    keepNewest: (row) => deferred.put(newestTable, String(row.dev), newestForm(row)),
  })
  const coverage = openCoverage(db)
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
    stateChanged,
    countDropped: (cause, n, of = 'event') => writer.days.countDropped(of, cause, n),
  })
  return { writer, coverage, ledger, deferred, memories, history, inFlight: openInFlight(db) }
}

export function createEngine(options: Options): IngestEngine {
  const { db, topicRoot, retentionMs, surroundings, devices, forwards, attempts = noAttempts } = options
  const { writer, coverage, ledger, deferred, memories, history, inFlight } = openWriters(options)
  let forwarded: StoredReading[] = []
  let results: CommandResult[] = []
  const pipeline = createPipeline({
    topicRoot,
    retentionMs,
    surroundings,
    memories: {
      ...memories,
      touch(memory) {
        batches.heard(memory)
        memories.touch(memory)
      },
    },
    ledger,
    device: devices.get,
    store: writer.write,
    saveEvent: history.saveEvent,
    saveLink: history.saveLink,
    heardResult: (result) => void results.push(result),
    saveManual: history.saveManual,
    inFlight,
    forward(reading) {
      if (forwards) forwarded.push(reading)
      else ledger.stored(1)
    },
  })
  const batches = createBatches({ ledger, history, pipeline, attempts, flush })
  const retry = createRetry(ledger, pipeline)

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

  function processBatches(taken: readonly JournalBatch[]): DeviceLiveState[] {
    try {
      const { result, changed } = commit(() => {
        history.begin()
        return taken.flatMap(batches.process)
      })
      return result.length === 0 ? changed : [...new Set([...result, ...changed])]
    } catch (error) {
      attempts.failed(error)
      throw error
    }
  }

  if (memories.namesLetGo.devices > 0) commit(() => undefined)

  return {
    ledger,
    memories,
    stateOf: history.stateOf,
    processBatches,
    resetPosition: (partition, to) => void commit(() => ledger.resetPosition(partition, to)),
    takeResults() {
      const taken = results
      results = []
      return taken
    },
    retry(quarantineId) {
      const { result, changed } = commit(() => {
        const retried = retry(quarantineId)
        batches.judgeHeard()
        return retried
      })
      return result === undefined ? undefined : { result, changed }
    },
    settle(upTo, readings, refused, unwritten = 0) {
      commit(() => {
        ledger.note('unforwardedHistory', unwritten)
        rejectRefused({ topicRoot, ledger }, readings, refused)
        coverage.notForwarded(momentsOf(refused.flatMap(({ index }) => readings[index] ?? [])))
        ledger.settleWaiting(upTo, readings.length - refused.filter(({ metric }) => metric === undefined).length)
      })
    },
    dropBefore({ telemetryMs, eventsMs }) {
      inTransaction(db, () => {
        deferred.finish()
        writer.days.dropBefore(telemetryMs)
        history.dropBefore(eventsMs)
        history.dropManualBefore(telemetryMs)
        history.flush()
      })
    },
    forgetDevices() {
      commit(() => memories.keepOnly((id) => devices.get(id) !== undefined))
    },
    places: {
      mark: coverage.mark,
      confirm: (found) => inTransaction(db, () => coverage.confirm(found, Date.now())),
    },
    tidy() {
      inTransaction(db, deferred.finish)
    },
    writer,
  }
}
