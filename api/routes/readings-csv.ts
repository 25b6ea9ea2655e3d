import type { Readings } from '../../contract/http.ts'

/**
 * One line a moment, RFC 4180; `lat` and `lon` only where there are positions. Where the answer was cut, the header
 * `Link: …; rel="next"` leads on.
 */
export function readingsCsv(readings: Readings) {
  const names = Object.keys(readings.metrics)
  const places = readings.positions ?? []
  const columns = [...(places.length > 0 ? ['lat', 'lon'] : []), ...names]
  const rows = new Map<number, (number | undefined)[]>()
  const cell = (ms: number, column: number, number: number) => {
    let row = rows.get(ms)
    if (row === undefined) {
      row = new Array<number | undefined>(columns.length)
      rows.set(ms, row)
    }
    row[column] = number
  }
  for (const [ms, lat, lon] of places) {
    cell(ms, 0, lat)
    cell(ms, 1, lon)
  }
  const firstMetric = columns.length - names.length
  for (const [index, name] of names.entries()) {
    for (const [ms, number] of readings.metrics[name] ?? []) cell(ms, firstMetric + index, number)
  }
  const lines = [...rows]
    .sort(([one], [other]) => one - other)
    .map(([ms, row]) => [new Date(ms).toISOString(), ...row].join(','))
  return {
    text: [['ts', ...columns].join(','), ...lines, ''].join('\r\n'),
    headers: {
      'Content-Disposition': `attachment; filename="${readings.deviceId}.csv"`,
      ...(readings.nextFrom !== undefined && { Link: `<?from=${readings.nextFrom}&to=${readings.to}>; rel="next"` }),
    },
  }
}
