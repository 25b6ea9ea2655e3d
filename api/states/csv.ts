import type { States, UptimeAnswer } from '../../contract/http/states.ts'
import type { CityTime } from '../../domain/city-time.ts'
import { csvLine } from '../http/csv.ts'

type Stamps = Pick<CityTime, 'stamp'>

/** The two moments as the city's clocks show them, behind everything else; nothing for what goes on. */
function localTimes({ stamp }: Stamps, moments: readonly (string | null | undefined)[]): (string | null)[] {
  return moments.map((moment) => (typeof moment === 'string' ? stamp(Date.parse(moment)) : null))
}
const localNames = ['local_from', 'local_to']

/** One line a period. Where the answer was cut, the header `Link: …; rel="next"` leads on. */
export function statesCsv(states: States, cityTime: Stamps) {
  const { nextFrom, to } = states
  return {
    pieces: statesLines(states, cityTime),
    headers: {
      'Content-Disposition': `attachment; filename="${states.deviceId}-states.csv"`,
      ...(nextFrom !== undefined && { Link: `<?from=${nextFrom}&to=${to}>; rel="next"` }),
    },
  }
}

function* statesLines({ items }: States, cityTime: Stamps): Generator<string> {
  yield csvLine(['from', 'to', 'state', 'cause', 'maintenance', ...localNames])
  for (const { from, to, state, cause, maintenance } of items) {
    yield csvLine([from, to, state, cause, maintenance, ...localTimes(cityTime, [from, to])])
  }
}

/** One line a group and bucket. */
export function uptimeCsv(uptime: UptimeAnswer, cityTime: Stamps) {
  return {
    pieces: uptimeLines(uptime, cityTime),
    headers: { 'Content-Disposition': 'attachment; filename="uptime.csv"' },
  }
}

function* uptimeLines({ items }: UptimeAnswer, cityTime: Stamps): Generator<string> {
  yield csvLine(['key', 'from', 'to', 'devices', 'up_s', 'down_s', 'excluded_s', 'unknown_s', 'percent', ...localNames])
  for (const { key, from, to, devices, upS, downS, excludedS, unknownS, percent } of items) {
    const local = localTimes(cityTime, [from, to])
    yield csvLine([key, from, to, devices, upS, downS, excludedS, unknownS, percent, ...local])
  }
}
