import type { Request } from 'express'
import type { Readings } from '../../contract/http/readings.ts'
import { iso } from '../../contract/time.ts'
import type { CityTime } from '../../domain/city-time.ts'

/**
 * One line a moment, RFC 4180; `lat` and `lon` only where there are positions, last `local_time`, the moment as the city's
 * clocks show it, with the name of their zone. Where the answer was cut, the header `Link: …; rel="next"` leads on.
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

/** Each column is in order of time, and is walked once beside the others: nothing is built but the next lines. */
function* csvPieces({ metrics, positions = [] }: Readings, stamp: CityTime['stamp']): Generator<string> {
  const places = positions.length === 0 ? [] : [cursorOf('lat', positions, 1), cursorOf('lon', positions, 2)]
  const columns = [...places, ...Object.entries(metrics).map(([name, points]) => cursorOf(name, points, 1))]
  yield `${['ts', ...columns.map(({ name }) => name), localTime].join(',')}\r\n`
  for (;;) {
    const ms = Math.min(...columns.map((column) => column.nextMs()))
    if (ms === Number.POSITIVE_INFINITY) return
    yield `${[iso(ms), ...columns.map((column) => column.take(ms)), stamp(ms)].join(',')}\r\n`
  }
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
