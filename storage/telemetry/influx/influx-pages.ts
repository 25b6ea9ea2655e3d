import { maxRangePoints, type RangeQuery, type RangeResult } from '../../../contract/ports/telemetry.ts'
import { append, pointsIn } from '../history-join.ts'

/** What one question to the server brought. `columns` is how many metrics a row may hold; 0: nothing was found. */
export interface Slice {
  result: RangeResult
  columns: number
  rows: number
  /** The server gave fewer than were asked for: it is not asked for more. */
  cutByServer?: boolean
}

/** Points of one question: reading the JSON of so many takes some ms, in which nobody else has a turn. */
const pointsAtOnce = 50_000
/** Rows asked for while nobody knows how wide they are; the widest device has 121 metrics. */
const rowsAtFirst = 500
/** An answer with less room than this is full: sparse rows would fill the rest in ever smaller questions. */
const minRoom = maxRangePoints / 10
/** Questions for one answer; a server that says little each time fills none. */
const maxSlices = 128

/** So many rows of this width make an answer full; `undefined`: the width is not known. */
function rowsFor(columns: number | undefined, points: number): number {
  return columns === undefined
    ? rowsAtFirst
    : Math.max(1, Math.floor(Math.min(points, pointsAtOnce) / Math.max(1, columns)))
}

/**
 * One answer out of as many questions as it takes: a server sends the width of its widest rows with each row, so that
 * nothing bounds an answer but the number of rows that is asked for. `read` gets that number, and says by `nextFromMs`
 * where it stopped.
 */
export async function readInSlices(
  query: RangeQuery,
  { columns, rows: maxRows }: { columns: number | undefined; rows: number },
  read: (query: RangeQuery, rows: number) => Promise<Slice>,
): Promise<RangeResult> {
  const question = { fromMs: query.fromMs, rows: rowsFor(columns, maxRangePoints) }
  let result: RangeResult | undefined
  let rows = 0
  for (let left = maxSlices; ; left -= 1) {
    const slice = await read({ ...query, fromMs: question.fromMs }, Math.min(question.rows, maxRows - rows))
    result = result === undefined ? slice.result : append(result, slice.result)
    rows += slice.rows
    const room = maxRangePoints - pointsIn(result)
    const { nextFromMs } = slice.result
    const isFull = slice.cutByServer || left === 1 || room < minRoom || rows >= maxRows
    if (nextFromMs === undefined || isFull) return result
    question.fromMs = nextFromMs
    // Where nothing is, the next question may reach further.
    question.rows = slice.columns > 0 ? rowsFor(Math.max(slice.columns, columns ?? 0), room) : question.rows * 2
  }
}
