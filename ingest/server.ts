import { statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Logger } from 'pino'
import type { DeviceDirectory } from '../contract/ports/directory.ts'
import type { JournalReader, JournalReaderOptions } from '../contract/ports/journal.ts'
import type { TelemetryStore } from '../contract/ports/telemetry.ts'
import { dayMs, hourMs } from '../contract/time.ts'
import { makeFolder } from '../storage/sync-folder.ts'
import { openColdFiles } from '../storage/telemetry/cold/cold-files.ts'
import { createSealedLookup } from '../storage/telemetry/cold/sealed-lookup.ts'
import { startSealer } from '../storage/telemetry/cold/sealer.ts'
import { openCoverage } from '../storage/telemetry/coverage.ts'
import { openHot, watchForDamage } from '../storage/telemetry/sqlite/hot-file.ts'
import { inTransaction } from '../storage/telemetry/sqlite/sqlite-open.ts'
import { openWalSync } from '../storage/telemetry/sqlite/wal-sync.ts'
import { type Attempts, openAttempts } from './attempts.ts'
import { createControlServer, listenLocal } from './control-server.ts'
import { liveOf } from './device-state.ts'
import { followDirectory, type KnownDevices } from './directory.ts'
import { createEngine, type IngestEngine } from './engine.ts'
import { createIntake, readBytes } from './intake.ts'
import { createJournalSource } from './journal-source.ts'
import { startSender } from './sender.ts'
import { createStateFeed } from './states/state-feed.ts'
import { surroundingsOf } from './steps/place.ts'
import { createStorageWatch, type StorageLimits } from './storage-watch.ts'
import { createTeller } from './teller.ts'
import { startWatchdog } from './watchdog.ts'

export interface IngestOptions {
  /** The hot database. */
  storePath: string
  openJournal: (options: JournalReaderOptions) => JournalReader
  /** Local socket for the api: `GET /feed`, `GET /states`, `POST /quarantine/{id}/retry`. */
  socketPath: string
  topicRoot: string
  /** Box of the city, in degrees: west, south, east, north; absent: a position may be anywhere. */
  cityBox?: readonly [number, number, number, number] | undefined
  retention: Retention
  limits: StorageLimits
  /** The process before this one ended of itself; `undefined`: nobody knows. */
  endedOfItself?: boolean | undefined
  directory: DeviceDirectory
  /** The configured store beside the embedded one, if any. */
  store?: TelemetryStore | undefined
  log: Logger
}

/** How long what is kept, in days; past it whole UTC days go. */
export interface Retention {
  telemetryDays: number
  eventDays: number
  /** Hours after its end at which a day is sealed. */
  sealAfterHours: number
}

export interface RunningIngest {
  close(): Promise<void>
}

const statusEveryMs = 1000
const filesEveryMs = 1000
const retentionEveryMs = 600_000
const sendAtOnce = 2500

/** What ended processes before this one, beside the hot database. */
function openAttemptsOf({ storePath, endedOfItself, log }: IngestOptions): ReturnType<typeof openAttempts> {
  return openAttempts({
    path: join(dirname(storePath), 'attempt'),
    inHandBytes: 2 * readBytes,
    now: Date.now,
    endedOfItself,
    startWatchdog,
    found: (died) => log.warn(died, 'the last process ended while it took a message'),
    convicted: ({ principal, topic }, place) =>
      log.error({ ...place, principal, topic }, 'a message that ended ingest twice is put into quarantine untried'),
  })
}

/** The engine on its hot database, the sealed days, and who seals them. */
function openStorage(
  options: IngestOptions,
  devices: KnownDevices,
  attempts: Attempts,
  stateChanged: (deviceId: string) => void,
) {
  const { storePath, topicRoot, retention, limits, store, log } = options
  const sealAfterMs = retention.sealAfterHours * hourMs
  const damageWatch = watchForDamage(storePath)
  const cold = openColdFiles(dirname(storePath), (fault) => log.error(fault, 'a sealed day cannot be read'))
  const lookup = createSealedLookup(cold)
  const { db, engine, putAside } = openHot(storePath, (opened) => ({
    engine: createEngine({
      db: opened,
      topicRoot,
      retentionMs: retention.telemetryDays * dayMs,
      surroundings: options.cityBox && surroundingsOf(options.cityBox),
      devices,
      forwards: store !== undefined,
      outboxBytes: limits.outboxBytes,
      attempts,
      stateChanged,
      closedDays: { isPast: (ms) => ms + dayMs + sealAfterMs <= Date.now(), sealedRow: lookup.row },
    }),
  }))
  if (engine.memories.namesLetGo.devices > 0) {
    log.warn(engine.memories.namesLetGo, 'devices had more names of metrics than they may; those heard last stay')
  }
  inTransaction(db, () => openCoverage(db).forwardTo(store?.target, Date.now()))
  if (putAside !== undefined) {
    log.error({ file: putAside }, 'the hot database was damaged and was put aside; a new one is begun')
  }
  const walSync = openWalSync(storePath)
  const sealer = startSealer({
    db,
    writer: engine.writer,
    lookup,
    storePath,
    dir: dirname(storePath),
    sealAfterMs,
    budgetBytes: limits.budgetBytes,
    now: Date.now,
    log,
  })
  return {
    engine,
    /** There was another database, which could not be read. */
    isNew: putAside !== undefined,
    synced: walSync.sync,
    room: createStorageWatch({ db, storePath, sealer, ledger: engine.ledger, limits }),
    async close() {
      await sealer.close()
      cold.close()
      damageWatch.close()
      walSync.close()
      engine.tidy()
      db.close()
    },
  }
}

function openStateFeed(devices: KnownDevices, { stateOf, memories, ledger }: IngestEngine) {
  return createStateFeed({
    devices,
    stateOf,
    heardOf(id) {
      const memory = memories.find(id)
      return memory && liveOf(memory)
    },
    clockMs: ledger.heardMs,
    now: Date.now,
  })
}

function cleanUp(engine: IngestEngine, { telemetryDays, eventDays }: Retention): void {
  engine.forgetDevices()
  engine.dropBefore({ telemetryMs: Date.now() - telemetryDays * dayMs, eventsMs: Date.now() - eventDays * dayMs })
}

/** Reads the journal, stores, judges, tells the api. One thread; whatever a step throws ends the process. */
export async function startIngest(options: IngestOptions): Promise<RunningIngest> {
  const { storePath, openJournal, socketPath, retention, directory, store, log } = options
  const fatal = (error: unknown): void => {
    queueMicrotask(() => {
      throw error
    })
  }
  const devices = await followDirectory(directory, fatal)
  makeFolder(dirname(storePath))
  const attempts = await openAttemptsOf(options)
  const storage = openStorage(options, devices, attempts, (id) => stateFeed.changed(id))
  const { engine } = storage
  const stateFeed = openStateFeed(devices, engine)
  const journal = createJournalSource({
    journal: openJournal({
      onDamage: (damage) => log.error(damage, 'the journal is damaged; what can be read of it is taken'),
    }),
    engine,
    synced: storage.synced,
    log,
  })
  if (storage.isNew) {
    await journal.startAtHead()
    engine.writer.days.lostBefore(Date.now())
  }
  const sender =
    store &&
    startSender({
      store,
      log,
      places: engine.places,
      outbox: { next: () => engine.ledger.nextWaiting(sendAtOnce), settle },
    })
  const teller = createTeller({
    engine,
    devices,
    journal,
    status: () => ({
      lagMs: intake.lagMs(),
      storage: storage.room(),
      store: { engine: store?.engine ?? 'sqlite', ...(sender?.status() ?? { up: true, detail: null }) },
    }),
  })
  const intake = createIntake({
    journal,
    engine,
    devices,
    attempts,
    processed(changed, entries) {
      teller.changed(changed)
      for (const { id } of changed) stateFeed.changed(id)
      const canary = entries.findLast(({ type }) => type === 'canary')
      if (canary !== undefined) teller.canary(canary.receivedAtMs)
      sender?.wake()
    },
  })

  function settle(...outcome: Parameters<typeof engine.settle>): void {
    engine.settle(...outcome)
    teller.changed([])
  }

  const storeInode = inodeOf(storePath)

  /** Follows what happens to the files from outside: a person deletes a folder, or puts a backup in its place. */
  function watchFiles(): void {
    // A file that was taken away could still be written, and all of it would be gone with the next start.
    if (inodeOf(storePath) !== storeInode) throw new Error(`${storePath} was taken away or replaced while it was open`)
    journal.follow().catch(fatal)
  }

  const server = createControlServer({
    feed: teller.add,
    states: stateFeed.add,
    retry(id) {
      const retried = engine.retry(id)
      if (retried !== undefined) teller.changed(retried.changed)
      sender?.wake()
      return retried?.result
    },
  })
  await journal.follow()
  await listenLocal(server, socketPath)

  const intervals = [
    setInterval(teller.status, statusEveryMs),
    setInterval(stateFeed.clock, statusEveryMs),
    setInterval(watchFiles, filesEveryMs),
    setInterval(cleanUp, retentionEveryMs, engine, retention),
  ]
  watchFiles()
  cleanUp(engine, retention)
  const running = intake.run()
  running.catch(fatal)
  log.info('ingest runs')

  return {
    async close() {
      intake.stop()
      await running
      for (const interval of intervals) clearInterval(interval)
      devices.close()
      stateFeed.close()
      server.closeAllConnections()
      server.close()
      await sender?.close()
      await journal.close()
      await storage.close()
      await attempts.close()
    },
  }
}

function inodeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.ino
}
