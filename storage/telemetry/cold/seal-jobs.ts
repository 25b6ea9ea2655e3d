import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { cityFromRows } from '../sqlite/sqlite-city.ts'
import { sealedStates, slotMs } from '../sqlite/sqlite-tables.ts'
import { coldFileName, coldFilePattern, removeColdFile } from './cold-file.ts'
import { openColdFiles } from './cold-files.ts'
import { foldLate } from './fold-late.ts'
import { coldFileSize, type Month } from './month.ts'
import { sealDay } from './seal-day.ts'
import { type SealJob, type SealParts, type SealResult, withMonth } from './seal-parts.ts'

const maxRollups = 50
const shrinkPages = 256

export async function runSealJob(parts: SealParts, job: SealJob): Promise<SealResult> {
  const result: SealResult = { days: [], putAside: [], folded: [], rollups: [], missing: [], bytes: 0 }
  if (job.job === 'survey') await survey(parts, result)
  else if (job.job === 'seal') await sealDay(parts, job, result)
  else if (job.job === 'fold') await foldLate(parts, result)
  else if (job.job === 'rollups') await workOutRollups(parts, result)
  else await remove(parts, job.days, result)
  for (const name of coldFileNames(parts.dir)) result.bytes += coldFileSize(join(parts.dir, name))
  return result
}

function coldFileNames(dir: string): string[] {
  return readdirSync(dir).filter((name) => coldFilePattern.test(name))
}

/** Compares the cold files with what is noted of them; damaged ones are found and put aside. */
async function survey(parts: SealParts, result: SealResult): Promise<void> {
  const notes = parts.hot.prepare('SELECT profile, day_ms FROM sealed WHERE state = ?').all(sealedStates.here)
  const noted = new Map(
    notes.map((row) => [`${row.profile} ${row.day_ms}`, { profile: String(row.profile), dayMs: Number(row.day_ms) }]),
  )
  for (const name of coldFileNames(parts.dir)) {
    const ms = Date.parse(`${name.slice('cold-'.length, -'.db'.length)}-01T00:00:00Z`)
    await withMonth(parts, ms, result, (month) => {
      for (const { profile, dayMs: of, day } of month.wholeDays()) {
        const known = noted.delete(`${profile} ${of}`)
        if (!known) result.days.push({ profile, dayMs: of, ...month.sizeOf(day) })
      }
    })
    await parts.pace()
  }
  result.missing = [...noted.values()]
}

async function workOutRollups({ hot, dir, pace }: SealParts, result: SealResult): Promise<void> {
  const cold = openColdFiles(dir)
  try {
    const stale = hot.prepare(`SELECT profile, metric, bucket FROM rollup_stale LIMIT ${maxRollups}`).all()
    for (const row of stale) {
      const [profile, metric, bucket] = [String(row.profile), String(row.metric), Number(row.bucket)]
      const query = { profile, metric, fromMs: bucket, toMs: bucket + slotMs, everyMs: slotMs }
      result.rollups.push({ profile, metric, bucket, sums: cityFromRows(hot, cold, query) })
      await pace()
    }
  } finally {
    cold.close()
  }
}

async function remove(
  parts: SealParts,
  days: readonly { profile: string; dayMs: number }[],
  result: SealResult,
): Promise<void> {
  for (const name of new Set(days.map(({ dayMs: of }) => coldFileName(of)))) {
    const here = days.filter(({ dayMs: of }) => coldFileName(of) === name)
    const isEmpty = await withMonth(parts, here[0]?.dayMs ?? 0, result, (month) => removeFrom(parts, month, here))
    if (isEmpty) removeColdFile(parts.dir, name)
  }
}

/** True when nothing is left in the month. */
async function removeFrom(
  { pace }: SealParts,
  month: Month,
  days: readonly { profile: string; dayMs: number }[],
): Promise<boolean> {
  for (const { profile, dayMs: of } of days) {
    const day = month.day(profile, of)
    if (day !== undefined) month.remove(day)
    await pace()
  }
  if (month.isEmpty()) return true
  while (month.shrink(shrinkPages)) await pace()
  return false
}
