import type { DatabaseSync } from 'node:sqlite'
import { dayMs } from '../../../contract/time.ts'
import { inTransaction } from '../sqlite/sqlite-open.ts'
import type { SqliteWriter } from '../sqlite/sqlite-writer.ts'
import type { SealResult } from './seal-parts.ts'
import type { SealThread } from './seal-thread.ts'

export interface LateStepsParts {
  db: DatabaseSync
  writer: Pick<SqliteWriter, 'days' | 'late'>
  thread: Pick<SealThread, 'run'>
  now: () => number
  /** Cold files were written. */
  took: (result: SealResult) => void
}

/** The sealer's steps for what came late: into the chunks of its day, and into the sums that it made untrue. */
export interface LateSteps {
  /** Now and then; true when there may be more to do. */
  fold(): Promise<boolean>
  /** From now on `fold` is due. */
  foldSoon(): void
  /** True when there may be more to do. */
  rollups(): Promise<boolean>
}

const foldEveryMs = 600_000

export function createLateSteps({ db, writer, thread, now, took }: LateStepsParts): LateSteps {
  let foldedAtMs = Number.NEGATIVE_INFINITY
  return {
    async fold() {
      if (now() - foldedAtMs < foldEveryMs) return false
      const result = await thread.run({ job: 'fold' })
      if (result.folded.length === 0) {
        foldedAtMs = now()
        return false
      }
      inTransaction(db, () => {
        const forget = db.prepare('DELETE FROM late WHERE profile = ? AND dev = ? AND ts >= ? AND ts < ? AND rev <= ?')
        for (const { profile, dev, fromMs, upToRevision } of result.folded) {
          forget.run(profile, dev, fromMs, fromMs + dayMs, upToRevision)
        }
        for (const day of result.days) writer.days.sealed(day)
      })
      took(result)
      return true
    },
    foldSoon() {
      foldedAtMs = Number.NEGATIVE_INFINITY
    },
    async rollups() {
      if (db.prepare('SELECT 1 FROM rollup_stale LIMIT 1').get() === undefined) return false
      const revision = writer.late.revision()
      const result = await thread.run({ job: 'rollups' })
      // A late reading in between may be in the sums or not; they are worked out again.
      if (writer.late.revision() !== revision) return false
      inTransaction(db, () => replaceRollups(db, result.rollups))
      return true
    },
  }
}

function replaceRollups(db: DatabaseSync, rollups: SealResult['rollups']): void {
  const clear = db.prepare('DELETE FROM rollup WHERE profile = ? AND metric = ? AND bucket = ?')
  const trust = db.prepare('DELETE FROM rollup_stale WHERE profile = ? AND metric = ? AND bucket = ?')
  const insert = db.prepare(
    'INSERT INTO rollup (profile, metric, bucket, area, n, sum, min, max) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
  )
  for (const { profile, metric, bucket, sums } of rollups) {
    clear.run(profile, metric, bucket)
    trust.run(profile, metric, bucket)
    for (const { areaCode, n, sum, min, max } of sums) {
      insert.run(profile, metric, bucket, areaCode ?? '', n, sum, min, max)
    }
  }
}
