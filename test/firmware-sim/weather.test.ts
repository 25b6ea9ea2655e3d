import { expect, test } from 'vitest'
import { createLocalClock } from '../../firmware-sim/local-time.ts'
import { readSite } from '../../firmware-sim/site-folder.ts'
import { createWeather } from '../../firmware-sim/weather.ts'
import { morningMs } from './life.ts'

const site = await readSite('contract/site/binjai')
const localTime = createLocalClock('Asia/Jakarta')
const month = Array.from({ length: 30 * 144 }, (_, index) => morningMs + index * 600_000)
const rain = (seed: number) => {
  const weather = createWeather({ seed, site, localTime })
  return month.map((nowMs) => weather(nowMs, site.info.centre))
}

test('it rains now and then, after eleven, never as hard as no instrument measures, the same for the same seed', () => {
  const first = rain(1)
  const wet = first.filter((rainMmh) => rainMmh > 0).length / first.length
  expect([wet > 0.01, wet < 0.15, Math.max(...first) < 90]).toEqual([true, true, true])
  expect(month.every((nowMs, index) => first[index] === 0 || localTime(nowMs).hour > 11)).toBe(true)
  expect(rain(1)).toEqual(first)
  expect(rain(2)).not.toEqual(first)
})

test('it may rain in one part of the city and not in another', () => {
  const weather = createWeather({ seed: 1, site, localTime })
  const [west, south, east, north] = site.info.bbox
  const apart = month.filter((nowMs) => weather(nowMs, [west, south]) > 1 !== weather(nowMs, [east, north]) > 1)
  expect(apart.length).toBeGreaterThan(10)
})
