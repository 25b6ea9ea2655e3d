import type { DatabaseSync } from 'node:sqlite'
import { setImmediate } from 'node:timers/promises'
import type { Logger } from 'pino'
import { dayMs } from '../../../contract/time.ts'
import { inTransaction } from '../sqlite/sqlite-open.ts'
import type { SqliteWriter } from '../sqlite/sqlite-writer.ts'
import { createLateSteps } from './late-steps.ts'
import type { SealResult } from './seal-parts.ts'
import { createRounds } from './seal-rounds.ts'
import { createSealThread, SealJobError } from './seal-thread.ts'
import type { SealedLookup } from './sealed-lookup.ts'

export interface SealerParts {
  /** The hot database; every call of the sealer on it is a short transaction of its own. */
  db: DatabaseSync
  writer: Pick<SqliteWriter, 'days' | 'late'>
  lookup: SealedLookup
  storePath: string
  /** Folder of the cold files. */
  dir: string
  /** How long after its end a day is sealed; what comes later than that goes another way. */
  sealAfterMs: number
  /** Telemetry may take so many bytes; then the oldest sealed days go. */
  budgetBytes: number | undefined
  now: () => number
  log: Logger
  /** How long the seal thread rests for each millisecond of work. */
  rest?: number
}

export interface Sealer {
  status(): SealerStatus
  close(): Promise<void>
}

export interface SealerStatus {
  coldBytes: number
  overBudget: boolean
  /** Why a day could not be sealed or a file not read, if that was so since the start. */
  fault: string | null
}

const defaultRest = 3
/** Rows that leave a sealed table at once; 5,000 take about 5 ms. */
const sweepRows = 5000
/** Days younger than this are not let go for want of room. */
const minKeptMs = 3 * dayMs

/** Seals past days, folds in what came late, keeps to the disk budget: one small step after the other. */
export function startSealer(parts: SealerParts): Sealer {
  const sealer = openSealer(parts)
  const running = sealer.run()
  running.catch((error: unknown) =>
    queueMicrotask(() => {
      throw error
    }),
  )
  return {
    status: sealer.status,
    async close() {
      await sealer.close()
      await running
    },
  }
}

/** A sealer that does nothing by itself. */
export interface OpenSealer extends Sealer {
  /** Does all that is due now. */
  settle(): Promise<void>
  /** Goes on until `close()`. */
  run(): Promise<void>
}

export function openSealer(parts: SealerParts): OpenSealer {
  const { storePath, dir, rest = defaultRest } = parts
  const thread = createSealThread({ storePath, dir, rest })
  const { db, writer, lookup, now, log } = parts
  const { days } = writer
  const late = createLateSteps({ db, writer, thread, now, took })
  /** Days that could not be sealed; tried again after the next start. */
  const failed = new Set<string>()
  let surveyed = false
  let coldBytes = 0
  let overBudget = false
  let fault: string | null = null
  let closing = false

  function took({ putAside, bytes }: SealResult): void {
    coldBytes = bytes
    for (const { file } of putAside) {
      fault = `a cold file could not be read and was put aside: ${file}`
      log.error({ file }, 'a cold file could not be read and was put aside')
      surveyed = false
    }
    lookup.forget()
  }

  async function survey(): Promise<boolean> {
    if (surveyed) return false
    surveyed = true
    const result = await thread.run({ job: 'survey' })
    inTransaction(db, () => {
      for (const day of result.days) days.adopt(day, now())
      for (const { profile, dayMs: day } of result.missing) days.missing(profile, day)
    })
    if (result.missing.length > 0) log.error({ days: result.missing.length }, 'sealed days are missing')
    if (result.days.length > 0) log.warn({ days: result.days.length }, 'sealed days were found again')
    took(result)
    return true
  }

  async function remove(): Promise<boolean> {
    const going = days.going()
    if (going.length === 0) return false
    const result = await thread.run({ job: 'remove', days: going })
    inTransaction(db, () => days.gone(going))
    took(result)
    return true
  }

  async function sealNext(): Promise<boolean> {
    const table = days.nextToSeal(now() - parts.sealAfterMs - dayMs, failed)
    if (table === undefined) return false
    const startedMs = performance.now()
    inTransaction(db, () => days.freeze(table))
    try {
      const result = await thread.run({ job: 'seal', profile: table.profile, dayMs: table.fromMs })
      inTransaction(db, () => {
        for (const day of result.days) days.sealed(day)
      })
      took(result)
      const [day] = result.days
      log.info(
        { table: table.name, points: day?.points, bytes: day?.bytes, ms: performance.now() - startedMs },
        'sealed',
      )
    } catch (error) {
      if (!(error instanceof SealJobError) || closing) throw error
      failed.add(table.name)
      fault = `${table.name} could not be sealed: ${error.message}`
      log.error({ err: error, table: table.name }, 'a day could not be sealed; it stays as it is')
    }
    return true
  }

  function keepToBudget(): boolean {
    if (parts.budgetBytes === undefined) return false
    overBudget = hotBytes(db) + coldBytes > parts.budgetBytes
    if (!overBudget) return false
    return inTransaction(db, () => days.dropOldestSealed(now() - minKeptMs))
  }

  /** True when there may be more to do. */
  async function step(): Promise<boolean> {
    if (await survey()) return true
    if (await remove()) return true
    if (inTransaction(db, () => days.sweep(sweepRows))) return true
    return (await sealNext()) || (await late.fold()) || (await late.rollups()) || keepToBudget()
  }

  const rounds = createRounds({
    step,
    rest: thread.rest,
    failed(error) {
      if (!(error instanceof SealJobError)) throw error
      fault = error.message
      log.error({ err: error }, 'sealing failed; it is tried again')
    },
  })

  return {
    status: () => ({ coldBytes, overBudget, fault }),
    async settle() {
      late.foldSoon()
      // Others get their turn between two steps.
      while (await step()) await setImmediate()
    },
    run: rounds.run,
    async close() {
      closing = true
      rounds.stop()
      await thread.close()
    },
  }
}

/** Bytes in use; pages that are free are used again before the file grows. */
export function hotBytes(db: DatabaseSync): number {
  const pragma = (name: string) => Number(db.prepare(`PRAGMA ${name}`).get()?.[name])
  return (pragma('page_count') - pragma('freelist_count')) * pragma('page_size')
}
