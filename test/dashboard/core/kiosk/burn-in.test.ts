import fc from 'fast-check'
import { expect, test } from 'vitest'
import { careAt, sideAt } from '../../../../dashboard/core/kiosk/burn-in.ts'
import { isReloadDue } from '../../../../dashboard/core/kiosk/planned-reload.ts'
import { createCityTime } from '../../../../domain/city-time.ts'

const dayMs = 86_400_000
const city = createCityTime('Asia/Jakarta')
const wib = (time: string) => Date.parse(`2026-11-21T${time}+07:00`)
const monitors = 6

test('the sides change at midnight of the city, once a day', () => {
  const midnight = wib('00:00:00.000')
  expect(sideAt(midnight, city)).not.toBe(sideAt(midnight - 1, city))
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 4e12 }), (nowMs) => {
      expect(sideAt(nowMs + dayMs, city)).not.toBe(sideAt(nowMs, city))
    }),
  )
})

test('each monitor is cared for five minutes from 03.30 WIB, one after the other, and no two at once', () => {
  const page = { place: 0, monitors }
  expect(careAt(wib('03:29:59.999'), page, city)).toBeNull()
  expect(careAt(wib('04:00:00.000'), page, city)).toBeNull()
  for (let i = 0; i < monitors; i++) {
    const fromMs = wib('03:30:00.000') + i * 300_000
    for (const atMs of [fromMs, fromMs + 150_000, fromMs + 299_999])
      expect(careAt(atMs, page, city)).toMatchObject({ monitor: i, untilMs: fromMs + 300_000 })
  }
})

test('of several pages one cares at a time, until all have', () => {
  const pages = 12
  fc.assert(
    fc.property(
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      fc.integer({ min: 1, max: 6 }),
      (gone, many) => {
        const nowMs = wib('03:30:00.000') + Math.floor(gone * pages * many * 300_000)
        const caring = Array.from({ length: pages }, (_, place) => careAt(nowMs, { place, monitors: many }, city))
        expect(caring.filter((care) => care !== null)).toHaveLength(1)
        for (const care of caring)
          if (care !== null) {
            expect(care.swept).toBeGreaterThanOrEqual(0)
            expect(care.swept).toBeLessThan(1)
            expect(care.untilMs - nowMs).toBeLessThanOrEqual(300_000)
          }
      },
    ),
  )
})

test('a screen starts afresh in its two minutes after 03.30 WIB, unless it just did', () => {
  const old = { place: 2, ageMs: 20 * dayMs }
  const times = ['03:33:59.999', '03:34:00.000', '03:34:59.999', '03:35:00.000', '15:34:00.000']
  expect(times.map((time) => isReloadDue(wib(time), old, city))).toEqual([false, true, true, false, false])
  expect(isReloadDue(wib('03:34:00.000'), { place: 2, ageMs: 3_599_999 }, city)).toBe(false)
})

test('no two of sixty screens start afresh within a minute of one another', () => {
  for (let minute = 0; minute < 24 * 60; minute++) {
    const nowMs = wib('00:00:30.000') + minute * 60_000
    const due = Array.from({ length: 60 }, (_, place) => isReloadDue(nowMs, { place, ageMs: dayMs }, city))
    expect(due.filter(Boolean).length).toBeLessThanOrEqual(1)
  }
})
