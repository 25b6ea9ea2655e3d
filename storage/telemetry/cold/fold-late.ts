import type { DatabaseSync } from 'node:sqlite'
import { isDeepStrictEqual } from 'node:util'
import { dayMs } from '../../../contract/time.ts'
import { mergeLate, rowOfLate } from '../sqlite/sqlite-late.ts'
import type { StoredRow } from '../sqlite/sqlite-rows.ts'
import { dayStates, listDayTables, metricColumns } from '../sqlite/sqlite-tables.ts'
import { encodeChunk } from './chunk.ts'
import { coldFileName } from './cold-file.ts'
import type { ColdDay, Month } from './month.ts'
import { requireChunk, SealDifferenceError, type SealParts, type SealResult, withMonth } from './seal-parts.ts'
import { createChunkBuilder, type SealedChunk, sealedRow } from './sealed-rows.ts'

/** Devices and days in one job. */
const maxFolded = 500

/** Joins what came late into the chunks of its days. */
export async function foldLate(parts: SealParts, result: SealResult): Promise<void> {
  const byMonth = new Map<string, LateGroup[]>()
  for (const group of lateGroups(parts.hot)) {
    const name = coldFileName(group.fromMs)
    byMonth.set(name, [...(byMonth.get(name) ?? []), group])
  }
  for (const groups of byMonth.values()) {
    await withMonth(parts, groups[0]?.fromMs ?? 0, result, async (month) => {
      const touched = new Map<string, { profile: string; dayMs: number; day: ColdDay }>()
      for (const group of groups) {
        const { profile, fromMs } = group
        const day = month.day(profile, fromMs) ?? beginWhole(month, profile, fromMs)
        touched.set(`${profile} ${fromMs}`, { profile, dayMs: fromMs, day })
        foldGroup(month, day, group)
        result.folded.push(group)
        await parts.pace()
      }
      for (const { profile, dayMs: of, day } of touched.values()) {
        result.days.push({ profile, dayMs: of, ...month.sizeOf(day) })
      }
    })
  }
}

/** A day of which there was no table: all of it came late. */
function beginWhole(month: Month, profile: string, of: number): ColdDay {
  const day = month.begin(profile, of, metricColumns(profile))
  month.finish(day)
  return day
}

interface LateGroup {
  profile: string
  dev: number
  deviceId: string
  fromMs: number
  rows: StoredRow[]
  upToRevision: number
}

/** Late rows by device and day, as they are at one moment; days that still have their table wait for its seal. */
function lateGroups(hot: DatabaseSync): LateGroup[] {
  hot.exec('BEGIN')
  try {
    const open = new Set(
      listDayTables(hot, { upTo: dayStates.frozen }).map(({ profile, fromMs }) => `${profile} ${fromMs}`),
    )
    const select = hot.prepare('SELECT * FROM late WHERE profile = ? AND dev = ? AND ts >= ? AND ts < ? ORDER BY ts')
    return hot
      .prepare(`
        SELECT late.profile, dev, id, ts / ${dayMs} AS day, max(rev) AS rev FROM late JOIN device USING (dev)
        GROUP BY late.profile, dev, day ORDER BY day LIMIT ${maxFolded}
      `)
      .all()
      .map((row) => ({
        profile: String(row.profile),
        dev: Number(row.dev),
        deviceId: String(row.id),
        fromMs: Number(row.day) * dayMs,
        upToRevision: Number(row.rev),
      }))
      .filter(({ profile, fromMs }) => !open.has(`${profile} ${fromMs}`))
      .map((group) => ({
        ...group,
        rows: select.all(group.profile, group.dev, group.fromMs, group.fromMs + dayMs).map(rowOfLate),
      }))
  } finally {
    hot.exec('ROLLBACK')
  }
}

function foldGroup(month: Month, day: ColdDay, { deviceId, rows }: LateGroup): void {
  const before = month.chunk(day, deviceId)
  const all = [...mergeLate(before === undefined ? [] : rowsOf(before), rows)]
  const builder = createChunkBuilder(day.names)
  for (const row of all) builder.addRow(row)
  month.put(day, [{ deviceId, points: builder.rows(), body: encodeChunk(builder.build()) }])
  const after = [...rowsOf(requireChunk(month.chunk(day, deviceId), deviceId))]
  const same = after.length === all.length && after.every((row, index) => sameRow(row, all[index]))
  if (!same) throw new SealDifferenceError(`${deviceId}: what came late is not what was folded in`)
}

function* rowsOf(chunk: SealedChunk): Generator<StoredRow> {
  for (let index = 0; index < chunk.rows; index += 1) yield sealedRow(chunk, index)
}

function sameRow(a: StoredRow, b: StoredRow | undefined): boolean {
  return b !== undefined && isDeepStrictEqual(inOrder(a), inOrder(b))
}

/** Metrics have no order of their own. */
function inOrder(row: StoredRow): unknown {
  return { ...row, metrics: Object.entries(row.metrics).sort(([one], [other]) => (one < other ? -1 : 1)) }
}
