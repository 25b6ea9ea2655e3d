import type { DatabaseSync } from 'node:sqlite'
import { type DayTable, dayStates, listDayTables } from '../sqlite/sqlite-tables.ts'
import { encodeChunk } from './chunk.ts'
import type { ColdDay, EncodedChunk, Month } from './month.ts'
import { requireChunk, SealDifferenceError, type SealParts, type SealResult, withMonth } from './seal-parts.ts'
import { type ChunkBuilder, createChunkBuilder, differs, type SealedChunk, tableRowSql } from './sealed-rows.ts'

/** Rows that are gathered in memory at once. */
const sliceRows = 60_000
/** Sealed bytes in one commit. */
const commitBytes = 1024 * 1024

/** Seals a day out of its frozen table and compares every row with what was sealed. */
export async function sealDay(
  parts: SealParts,
  { profile, dayMs: of }: { profile: string; dayMs: number },
  result: SealResult,
): Promise<void> {
  const [table] = listDayTables(parts.hot, { profile, fromMs: of, toMs: of + 1 })
  if (table?.state !== dayStates.frozen) throw new Error(`${profile} ${of} is not frozen`)
  await withMonth(parts, of, result, async (month) => {
    const day = month.begin(profile, of, table.columns)
    for (const slice of slicesOf(parts.hot, table)) {
      await sealSlice(parts, { month, day, table, slice })
      await parts.pace()
    }
    month.finish(day)
    result.days.push({ profile, dayMs: of, ...month.sizeOf(day) })
  })
}

interface Slice {
  fromDev: number
  toDev: number
}

/** Runs of devices with about `sliceRows` rows together; a device is never parted. */
function slicesOf(hot: DatabaseSync, { name }: DayTable): Slice[] {
  const slices: Slice[] = []
  let rows = 0
  let fromDev: number | undefined
  const counts = hot.prepare(`SELECT dev, count(*) AS n FROM ${name} GROUP BY dev ORDER BY dev`).all()
  for (const { dev, n } of counts) {
    fromDev ??= Number(dev)
    rows += Number(n)
    if (rows < sliceRows && dev !== counts.at(-1)?.dev) continue
    slices.push({ fromDev, toDev: Number(dev) })
    fromDev = undefined
    rows = 0
  }
  return slices
}

interface SliceWork {
  month: Month
  day: ColdDay
  table: DayTable
  slice: Slice
}

/** Rows of a slice in the order of `tableRowSql`. */
type TableRow = (number | string | null)[]

async function sealSlice({ hot, pace }: SealParts, { month, day, table, slice }: SliceWork): Promise<void> {
  const select = hot.prepare(`${tableRowSql(table)} WHERE dev BETWEEN ? AND ?`)
  select.setReturnArrays(true)
  // With setReturnArrays a row is an array in the order of the columns.
  const rows = () => select.iterate(slice.fromDev, slice.toDev) as unknown as Iterable<TableRow>
  const ids = new Map(
    hot
      .prepare('SELECT dev, id FROM device')
      .all()
      .map(({ dev, id }) => [dev, String(id)]),
  )
  const idOf = (dev: number) => ids.get(dev) ?? ''
  const builders = gather(rows(), day.names)
  await pace()
  let encoded: EncodedChunk[] = []
  let bytes = 0
  for (const [dev, builder] of builders) {
    const body = encodeChunk(builder.build())
    encoded.push({ deviceId: idOf(dev), points: builder.rows(), body })
    bytes += body.length
    if (bytes > commitBytes) {
      month.put(day, encoded)
      encoded = []
      bytes = 0
    }
    await pace()
  }
  month.put(day, encoded)
  compare(rows(), (dev) => requireChunk(month.chunk(day, idOf(dev)), idOf(dev)))
}

function gather(rows: Iterable<TableRow>, names: readonly string[]): Map<number, ChunkBuilder> {
  const builders = new Map<number, ChunkBuilder>()
  for (const row of rows) {
    const dev = Number(row[0])
    let builder = builders.get(dev)
    if (builder === undefined) {
      builder = createChunkBuilder(names)
      builders.set(dev, builder)
    }
    builder.addTableRow(row)
  }
  return builders
}

/** Reads every row again and finds it in its chunk, bit by bit. Throws SealDifferenceError. */
function compare(rows: Iterable<TableRow>, chunkOf: (dev: number) => SealedChunk): void {
  const sealed = new Map<number, { chunk: SealedChunk; next: number }>()
  for (const row of rows) {
    const dev = Number(row[0])
    let at = sealed.get(dev)
    if (at === undefined) {
      at = { chunk: chunkOf(dev), next: 0 }
      sealed.set(dev, at)
    }
    const what = differs(row, at.chunk, at.next)
    if (what !== undefined) throw new SealDifferenceError(`device ${dev} at ${String(row[1])}: ${what} differs`)
    at.next += 1
  }
  for (const [dev, { chunk, next }] of sealed) {
    if (next !== chunk.rows) throw new SealDifferenceError(`device ${dev}: ${chunk.rows} rows sealed of ${next}`)
  }
}
