import { expect, test } from 'vitest'
import { encodeChunk, type FixedColumn, openChunk } from '../../../../storage/telemetry/cold/chunk.ts'
import { createSealedLookup } from '../../../../storage/telemetry/cold/sealed-lookup.ts'
import { createChunkBuilder } from '../../../../storage/telemetry/cold/sealed-rows.ts'

const dayMs = 86_400_000
const firstMs = Date.UTC(2025, 0, 1)
const profile = 'river-gauge'
const names = ['water_level_m']
const mebibyte = 1024 * 1024

/** Sealed days that all hold the same moments, `everyMs` apart, and how often one was unpacked. */
function lookupOver(everyMs: number) {
  const clock = { nowMs: 0 }
  const unpacked: string[] = []
  const builder = createChunkBuilder(names)
  for (let ms = 0; ms < dayMs; ms += everyMs) {
    const arrival = { lagMs: 5, serverTime: false, simulated: false }
    builder.addRow({ tsMs: firstMs + ms, ...arrival, metrics: { water_level_m: ms / everyMs } })
  }
  const sealed = openChunk(encodeChunk(builder.build()), names.length)
  const cold = {
    chunk(_profile: string, fromMs: number, deviceId: string) {
      unpacked.push(deviceId)
      if (deviceId === 'new') return undefined
      const ts = sealed.fixed('ts').map((ms) => ms - firstMs + fromMs)
      return { ...sealed, names, fixed: (name: FixedColumn) => (name === 'ts' ? ts : sealed.fixed(name)) }
    },
  }
  const lookup = createSealedLookup(cold, { now: () => clock.nowMs })
  const ask = (day: number, ms: number, deviceId = 'gauge-1') =>
    lookup.row(profile, firstMs + day * dayMs + ms, deviceId)
  return { ask, clock, unpacked, lookup }
}

const hourMs = 3_600_000
const minuteMs = 60_000
const refused = 'too-many-past-days'

test('a moment of a sealed day is told with its values, one beside it is not there', () => {
  const { ask, unpacked } = lookupOver(hourMs)
  expect(ask(0, 3 * hourMs)).toMatchObject({ tsMs: firstMs + 3 * hourMs, lagMs: 5, metrics: { water_level_m: 3 } })
  expect([ask(0, 3 * hourMs + 1), ask(0, dayMs - 1), ask(0, 1)]).toEqual([undefined, undefined, undefined])
  expect(ask(0, 23 * hourMs)).toMatchObject({ metrics: { water_level_m: 23 } })
  expect(unpacked).toHaveLength(1)
})

test('a backlog of 400 days in order of time passes whole, each day unpacked once', () => {
  const { ask, unpacked } = lookupOver(hourMs)
  for (let day = 0; day < 400; day += 1) {
    for (let hour = 0; hour < 24; hour += 1) {
      expect(ask(day, hour * hourMs + 1)).toBeUndefined()
      expect(ask(day, hour * hourMs)).toMatchObject({ metrics: { water_level_m: hour } })
    }
  }
  expect(unpacked).toHaveLength(400)
})

test('past it a day is not unpacked, for that device alone, until it gets days back', () => {
  const { ask, clock, unpacked } = lookupOver(hourMs)
  for (let day = 0; day < 400; day += 1) ask(day, 1)
  expect([ask(400, 1), ask(401, hourMs)]).toEqual([refused, refused])
  expect(unpacked).toHaveLength(400)
  expect(ask(400, hourMs, 'gauge-2')).toMatchObject({ metrics: { water_level_m: 1 } })
  clock.nowMs += 500
  expect([ask(400, 1), ask(401, 1), ask(402, 1)]).toEqual([undefined, undefined, refused])
  clock.nowMs += 1000 * dayMs
  for (let day = 500; day < 900; day += 1) expect(ask(day, 1)).toBeUndefined()
  expect(ask(900, 1)).toBe(refused)
})

test('days that are named in turn, with moments that are new, are unpacked once', () => {
  const { ask, unpacked } = lookupOver(minuteMs)
  for (let n = 0; n < 3600; n += 1) expect(ask(n % 360, 1 + n)).toBeUndefined()
  expect(unpacked).toHaveLength(360)
})

test('days of which the device has nothing cost it nothing', () => {
  const { ask } = lookupOver(hourMs)
  for (let day = 0; day < 1000; day += 1) expect(ask(day, 1, 'new')).toBeUndefined()
})

test('a day of a reading each second counts as several', () => {
  const { ask, unpacked } = lookupOver(1000)
  let passed = 0
  while (passed < 500 && ask(passed, 1) !== refused) passed += 1
  expect(unpacked).toHaveLength(passed)
  // 86,400 rows of six columns are 7.9 days of 65,536 values.
  expect(passed).toBe(Math.ceil(400 / ((86_400 * 6) / 65_536)))
})

test('what is remembered stays within its bytes, and a device keeps its day whatever another asks for', () => {
  const { ask, unpacked, lookup } = lookupOver(10_000)
  ask(7, 0, 'quiet')
  for (let n = 0; n < 60; n += 1) {
    for (const loud of ['loud-1', 'loud-2']) ask(n, 1, loud)
    expect(lookup.bytes()).toBeLessThan(3 * (4 + 4) * mebibyte)
  }
  const before = unpacked.length
  expect(ask(7, 10_000, 'quiet')).toMatchObject({ metrics: { water_level_m: 1 } })
  expect(unpacked).toHaveLength(before)
})

test('what has changed is unpacked again', () => {
  const { ask, unpacked, lookup } = lookupOver(hourMs)
  ask(0, 0)
  lookup.forget()
  expect(lookup.bytes()).toBe(0)
  ask(0, 0)
  expect(unpacked).toHaveLength(2)
})
