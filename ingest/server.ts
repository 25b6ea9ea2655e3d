import { statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setImmediate, setTimeout } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { FeedLine, IngestStatus } from '../contract/feed.ts'
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
import { openAttempts } from './attempts.ts'
import { createControlServer, listenLocal } from './control-server.ts'
import type { DeviceLiveState } from './device-state.ts'
import { followDirectory } from './directory.ts'
import { createEngine } from './engine.ts'
import { createFeedServer, snapshotLines } from './feed-server.ts'
import { createJournalSource } from './journal-source.ts'
import { startSender } from './sender.ts'
import { surroundingsOf } from './steps/place.ts'
import { createStorageWatch, type StorageLimits } from './storage-watch.ts'
import { startWatchdog } from './watchdog.ts'

export interface IngestOptions {
  /** The hot database. */
  storePath: string
  openJournal: (options: JournalReaderOptions) => JournalReader
  /** Local socket for the api: `GET /feed`, `POST /quarantine/{id}/retry`. */
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

const readBytes = 1024 * 1024
/** A read that brought less than this is worth waiting for company: a transaction costs more than what is in it. */
const smallRead = 64 * 1024
const lingerMs = 15
/** A quiet city: a transaction would hold one or two messages, and nobody waits behind it. */
const quietRead = 4 * 1024
const quietLingerMs = 40
const idleMs = 20
const statusEveryMs = 1000
const filesEveryMs = 1000
const retentionEveryMs = 600_000
const sendAtOnce = 2500

/** Reads the journal, stores, judges, tells the api. One thread; whatever a step throws ends the process. */
export async function startIngest(options: IngestOptions): Promise<RunningIngest> {
  const { storePath, openJournal, socketPath, topicRoot, retention, limits, directory, store, log } = options
  const fatal = (error: unknown): never => {
    throw error
  }
  const damageWatch = watchForDamage(storePath)
  const devices = await followDirectory(directory, (error) => queueMicrotask(() => fatal(error)))
  const retentionMs = retention.telemetryDays * dayMs
  const sealAfterMs = retention.sealAfterHours * hourMs
  const cold = openColdFiles(dirname(storePath), (fault) => log.error(fault, 'a sealed day cannot be read'))
  const lookup = createSealedLookup(cold)
  makeFolder(dirname(storePath))
  const attempts = await openAttempts({
    path: join(dirname(storePath), 'attempt'),
    inHandBytes: 2 * readBytes,
    now: Date.now,
    endedOfItself: options.endedOfItself,
    startWatchdog,
    found: (died) => log.warn(died, 'the last process ended while it took a message'),
    convicted: ({ principal, topic }, place) =>
      log.error({ ...place, principal, topic }, 'a message that ended ingest twice is put into quarantine untried'),
  })
  const { db, engine, putAside } = openHot(storePath, (opened) => ({
    engine: createEngine({
      db: opened,
      topicRoot,
      retentionMs,
      surroundings: options.cityBox && surroundingsOf(options.cityBox),
      devices,
      forwards: store !== undefined,
      outboxBytes: limits.outboxBytes,
      attempts,
      closedDays: { isPast: (ms) => ms + dayMs + sealAfterMs <= Date.now(), sealedRow: lookup.row },
    }),
  }))
  if (engine.memories.namesLetGo.devices > 0) {
    log.warn(engine.memories.namesLetGo, 'devices had more names of metrics than they may; those heard last stay')
  }
  const walSync = openWalSync(storePath)
  const journal = createJournalSource({
    journal: openJournal({
      onDamage: (damage) => log.error(damage, 'the journal is damaged; what can be read of it is taken'),
    }),
    engine,
    synced: walSync.sync,
    log,
  })
  inTransaction(db, () => openCoverage(db).forwardTo(store?.place, Date.now()))
  if (putAside !== undefined) {
    log.error({ file: putAside }, 'the hot database was damaged and was put aside; a new one is begun')
    await journal.startAtHead()
    engine.writer.days.lostBefore(Date.now())
  }
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
  const storage = createStorageWatch({ db, storePath, sealer, ledger: engine.ledger, limits })
  const feed = createFeedServer({ snapshot: () => [countersLine(), ...snapshotOfAll(), statusLine()] })
  const sender =
    store === undefined
      ? undefined
      : startSender({
          store,
          log,
          outbox: { next: () => engine.ledger.nextWaiting(sendAtOnce), settle },
        })
  let lagMs = 0
  let closing = false

  function snapshotOfAll(): FeedLine[] {
    const known = [...engine.memories.all()].filter(({ id }) => devices.get(id) !== undefined)
    return snapshotLines(known, Date.now())
  }

  function statusLine(): FeedLine {
    const remote = sender?.status() ?? { up: true, detail: null }
    const status: IngestStatus = {
      lagMs,
      storage: storage(),
      store: { engine: store?.engine ?? 'sqlite', ...remote, waiting: engine.ledger.waiting() },
      notes: engine.ledger.notes(),
    }
    return { type: 'status', atMs: Date.now(), status }
  }

  function tellStatus(): void {
    feed.send(statusLine())
    feed.send(countersLine())
  }

  function countersLine(): FeedLine {
    return { type: 'counters', atMs: Date.now(), counts: engine.ledger.counts(), tails: journal.tails() }
  }

  /** What a transaction has changed. */
  function tell(changed: readonly DeviceLiveState[]): void {
    feed.sendChanges(changed.map(engine.memories.liveText), Date.now())
    feed.send(countersLine())
  }

  function settle(...outcome: Parameters<typeof engine.settle>): void {
    engine.settle(...outcome)
    tell([])
  }

  /** Takes in what is new; returns about how many bytes that was. */
  async function takeNew(): Promise<number> {
    const { batches, isCurrent } = await journal.readNew(readBytes)
    const entries = batches.flatMap((batch) => batch.entries ?? [])
    const strangers = new Map(
      entries.flatMap(({ type, principal, receivedAtMs }) =>
        type !== 'canary' && devices.get(principal) === undefined ? [[principal, receivedAtMs]] : [],
      ),
    )
    for (const [id, heardAtMs] of strangers) await devices.require(id, heardAtMs)
    if (closing || !isCurrent()) return 0
    if (batches.length === 0) {
      attempts.passed(0)
      return 0
    }
    const bytes = entries.reduce((sum, { payload }) => sum + payload.length, 1)
    tell(engine.takeBatches(batches))
    attempts.passed(bytes)
    const canary = entries.findLast(({ type }) => type === 'canary')
    if (canary !== undefined) feed.send({ type: 'canary', atMs: canary.receivedAtMs })
    sender?.wake()
    lagMs = Math.max(0, Date.now() - (entries[0]?.receivedAtMs ?? Date.now()))
    return bytes
  }

  async function run(): Promise<void> {
    // Whoever started us hears first that we run: from then on it notices within seconds if we do not.
    await setImmediate()
    while (!closing) {
      const bytes = await takeNew()
      if (bytes === 0) lagMs = 0
      await pauseAfter(bytes)
    }
  }

  const storeInode = inodeOf(storePath)

  /** Follows what happens to the files from outside: a person deletes a folder, or puts a backup in its place. */
  function watchFiles(): void {
    // A file that was taken away could still be written, and all of it would be gone with the next start.
    if (inodeOf(storePath) !== storeInode) throw new Error(`${storePath} was taken away or replaced while it was open`)
    journal.follow().catch((error: unknown) => queueMicrotask(() => fatal(error)))
  }

  function cleanUp(): void {
    engine.forgetDevices()
    engine.dropBefore({
      telemetryMs: Date.now() - retentionMs,
      eventsMs: Date.now() - retention.eventDays * dayMs,
    })
  }

  const server = createControlServer({
    feed: (stream) => feed.add(stream),
    retry(id) {
      const retried = engine.retry(id)
      if (retried !== undefined) tell(retried.changed)
      sender?.wake()
      return retried?.result
    },
  })
  await journal.follow()
  await listenLocal(server, socketPath)

  const intervals = [
    setInterval(tellStatus, statusEveryMs),
    setInterval(watchFiles, filesEveryMs),
    setInterval(cleanUp, retentionEveryMs),
  ]
  watchFiles()
  cleanUp()
  const running = run()
  running.catch((error: unknown) => queueMicrotask(() => fatal(error)))
  log.info('ingest runs')

  return {
    async close() {
      closing = true
      await running
      for (const interval of intervals) clearInterval(interval)
      devices.close()
      server.closeAllConnections()
      server.close()
      await sender?.close()
      await sealer.close()
      cold.close()
      damageWatch.close()
      await journal.close()
      walSync.close()
      engine.tidy()
      db.close()
      await attempts.close()
    },
  }
}

function inodeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.ino
}

/** A large read is followed by the next at once, a small one waits for company, and so does nothing at all. */
function pauseAfter(bytes: number): Promise<void> {
  if (bytes > smallRead) return setImmediate()
  if (bytes === 0) return setTimeout(idleMs)
  return setTimeout(bytes < quietRead ? quietLingerMs : lingerMs)
}
