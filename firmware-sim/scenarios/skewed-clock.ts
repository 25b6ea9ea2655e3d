import { sample } from '../random.ts'
import { ids, numberParam, type Scenario } from '../scenario.ts'

const minutesOff = 5

/** Device clocks that are five minutes fast, five minutes slow, or never set and counting from 1970. */
export const skewedClock: Scenario = {
  id: 'skewed-clock',
  durationS: 600,
  params: { count: 'how many devices' },
  begin({ fleet, random, params }) {
    const skewed = sample(
      fleet.filter(({ kind }) => kind !== 'gateway'),
      numberParam(params, 'count', 3),
      random,
    )
    const order = new Map(skewed.map(({ id }, index) => [id, index % 3]))
    return {
      story: `wrong clocks (+5 min, -5 min, 1970): ${skewed.map(({ name }) => name).join(', ')}`,
      devices: ids(skewed),
      clock({ id }, { nowMs, elapsedS }) {
        const way = order.get(id)
        if (way === 2) return Math.round(elapsedS * 1000)
        return nowMs + (way === 0 ? 1 : -1) * minutesOff * 60_000
      },
    }
  },
}
