import type { States, UptimeAnswer } from '../../contract/http/states.ts'
import { csvLine } from '../http/csv.ts'

/** One line a period. Where the answer was cut, the header `Link: …; rel="next"` leads on. */
export function statesCsv(states: States) {
  const { nextFrom, to } = states
  return {
    pieces: statesLines(states),
    headers: {
      'Content-Disposition': `attachment; filename="${states.deviceId}-states.csv"`,
      ...(nextFrom !== undefined && { Link: `<?from=${nextFrom}&to=${to}>; rel="next"` }),
    },
  }
}

function* statesLines({ items }: States): Generator<string> {
  yield csvLine(['from', 'to', 'state', 'cause', 'maintenance'])
  for (const { from, to, state, cause, maintenance } of items) yield csvLine([from, to, state, cause, maintenance])
}

/** One line a group and bucket. */
export function uptimeCsv(uptime: UptimeAnswer) {
  return {
    pieces: uptimeLines(uptime),
    headers: { 'Content-Disposition': 'attachment; filename="uptime.csv"' },
  }
}

function* uptimeLines({ items }: UptimeAnswer): Generator<string> {
  yield csvLine(['key', 'from', 'to', 'devices', 'up_s', 'down_s', 'excluded_s', 'unknown_s', 'percent'])
  for (const { key, from, to, devices, upS, downS, excludedS, unknownS, percent } of items) {
    yield csvLine([key, from, to, devices, upS, downS, excludedS, unknownS, percent])
  }
}
