import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { profiles } from '../../contract/profiles/index.ts'
import { isPlaceBelievable, surroundingsOf } from '../../ingest/steps/place.ts'
import { countersOf, message, morningMs, openEngine, takeAll } from '../support/storage/engine-under-test.ts'
import { tempDir } from '../support/system/temp-dir.ts'

const { bbox } = JSON.parse(readFileSync('contract/site/binjai/site.json', 'utf8'))
const surroundings = surroundingsOf(bbox)

const at = (lat: number, lon: number, more: object = {}) => message({ ts: morningMs, lat, lon, ...more })

test.each([
  ['the city', 3.6, 98.48],
  ['Medan', 3.59, 98.67],
  ['Danau Toba', 2.6, 98.8],
])('a place in %s is taken', (_where, lat, lon) => {
  const under = openEngine(tempDir(), { surroundings })
  expect(takeAll(under, [at(lat, lon)])).toMatchObject({ lat, lon, faults: [] })
  under.close()
})

test.each([
  ['with its sign lost', -3.6, 98.48],
  ['in Jakarta', -6.2, 106.8],
  ['in minutes for degrees', 36.0, 98.48],
  ['in Greenwich', 51.5, 0.001],
  ['at the edge of nothing', -0.2, 0.3],
])('a place %s is told and not drawn; what was measured there is kept', (_where, lat, lon) => {
  const under = openEngine(tempDir(), { surroundings })
  const memory = takeAll(under, [
    message({ ts: morningMs - 1000, lat: 3.6, lon: 98.48 }),
    at(lat, lon, { speed_kmh: 30 }),
  ])
  expect(memory).toMatchObject({ lat: 3.6, lon: 98.48, positionAtMs: morningMs - 1000, metrics: { speed_kmh: 30 } })
  expect(memory.faults).toEqual(['position'])
  expect(countersOf(under, 2)).toMatchObject({ received: 2, stored: 2, rejected: {} })
  const rows = under.db.prepare('SELECT reason, n, detail FROM quarantine').all()
  expect(rows).toMatchObject([{ reason: 'implausible', n: 0, detail: expect.stringContaining('not believable') }])
  expect(takeAll(under, [message({ ts: morningMs + 1, lat: 3.61, lon: 98.48 })]).faults).toEqual([])
  under.close()
})

test('a reading of nothing else is refused for it', () => {
  const under = openEngine(tempDir(), { surroundings })
  takeAll(under, [at(-6.2, 106.8), at(-6.2, 106.8, { speed_kmh: 900 })])
  expect(countersOf(under, 2)).toMatchObject({ received: 2, stored: 0, rejected: { implausible: 2 } })
  under.close()
})

test('without a city there is no place that cannot be', () => {
  const under = openEngine(tempDir())
  expect(takeAll(under, [at(-6.2, 106.8)])).toMatchObject({ lat: -6.2, faults: [] })
  under.close()
})

test('every place that a profile shows as taken is believed', () => {
  for (const { payload } of profiles.flatMap(({ examples }) => examples.accepted)) {
    // Payloads of profiles are flat objects.
    const { lat, lon } = payload as { lat?: number; lon?: number }
    if (lat === undefined || lon === undefined) continue
    const reading = { deviceId: 'x', kind: 'bus', ts: null, receivedAt: 0, metrics: {}, lat, lon } as const
    expect(isPlaceBelievable(reading, surroundings)).toBe(true)
  }
})
