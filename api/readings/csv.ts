import type { Request } from 'express'
import type { Readings } from '../../contract/http/readings.ts'
import { iso } from '../../contract/time.ts'
import type { CityTime } from '../../domain/city-time.ts'

/**
 * One line a moment, RFC 4180; `lat` and `lon` only where there are positions, last `local_time`, the moment as the city's
 * clocks show it, with the name of their zone. A reading by hand has a line of its own, behind what was measured in its
 * moment; where there are any, each line says in `source` what it is, and in `author` whose. Where the answer was cut, the header `Link: …; rel="next"` leads on.
 */
export function readingsCsv(
  readings: Readings,
  request: Pick<Request, 'originalUrl'>,
  { stamp }: Pick<CityTime, 'stamp'>,
) {
  return {
    pieces: csvPieces(readings, stamp),
    headers: {
      'Content-Disposition': `attachment; filename="${readings.deviceId}.csv"`,
      ...(readings.nextFrom !== undefined && { Link: nextLink(request, { ...readings, nextFrom: readings.nextFrom }) }),
    },
  }
}

/** The whole question again, from where this answer ends. */
function nextLink({ originalUrl }: Pick<Request, 'originalUrl'>, { nextFrom, to }: { nextFrom: string; to: string }) {
  const asked = new URLSearchParams(originalUrl.split('?')[1])
  asked.delete('from')
  asked.delete('to')
  const rest = asked.size === 0 ? '' : `&${asked}`
  return `<?from=${nextFrom}&to=${to}${rest}>; rel="next"`
}

const localTime = 'local_time'

type Manual = NonNullable<Readings['manual']>[number]

/** Each column is in order of time, and is walked once beside the others: nothing is built but the next lines. */
function* csvPieces({ metrics, positions = [], manual = [] }: Readings, stamp: CityTime['stamp']): Generator<string> {
  const places = positions.length === 0 ? [] : [cursorOf('lat', positions, 1), cursorOf('lon', positions, 2)]
  const byHandOnly = new Set(
    manual.flatMap((reading) => Object.keys(reading.metrics)).filter((name) => !(name in metrics)),
  )
  const series = [...Object.entries(metrics), ...[...byHandOnly].map((name): [string, []] => [name, []])]
  const columns = [...places, ...series.map(([name, points]) => cursorOf(name, points, 1))]
  const marked = manual.length > 0
  yield `${['ts', ...columns.map(({ name }) => name), ...(marked ? ['source', 'author'] : []), localTime].join(',')}\r\n`
  let next = 0
  for (;;) {
    const ms = Math.min(...columns.map((column) => column.nextMs()))
    const byHand = manual[next]
    if (byHand !== undefined && Date.parse(byHand.at) < ms) {
      next += 1
      yield manualLine(byHand, columns, stamp)
      continue
    }
    if (ms === Number.POSITIVE_INFINITY) return
    const values = columns.map((column) => column.take(ms))
    yield `${[iso(ms), ...values, ...(marked ? ['measured', ''] : []), stamp(ms)].join(',')}\r\n`
  }
}

/** A user name has no sign that CSV or a spreadsheet reads (`usernamePattern`). */
function manualLine(
  { at, author = '', metrics }: Manual,
  columns: readonly { name: string }[],
  stamp: CityTime['stamp'],
) {
  const values = columns.map(({ name }) => (Object.hasOwn(metrics, name) ? metrics[name] : undefined))
  return `${[at, ...values, 'manual', author, stamp(Date.parse(at))].join(',')}\r\n`
}

function cursorOf(name: string, points: readonly (readonly number[])[], place: number) {
  let at = 0
  return {
    name,
    nextMs: () => points[at]?.[0] ?? Number.POSITIVE_INFINITY,
    take(ms: number): number | undefined {
      const point = points[at]
      if (point?.[0] !== ms) return undefined
      at += 1
      return point[place]
    },
  }
}
