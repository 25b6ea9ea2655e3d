import fc from 'fast-check'
import { afterEach, expect, test } from 'vitest'
import { createTranslator } from '../../dashboard/core/text/translate.ts'
import { createCityTime, unknownCityTime } from '../../domain/city-time.ts'
import { someMs } from '../support/city/device-view.ts'

const { TZ } = process.env
afterEach(() => {
  process.env.TZ = TZ
})

const jakarta = createCityTime('Asia/Jakarta')

test.each(['UTC', 'America/New_York', 'Asia/Jakarta', 'Pacific/Kiritimati'])(
  "is the city's time and 24 h on a host in %s",
  (zone) => {
    process.env.TZ = zone
    expect(jakarta.time(someMs, 'id')).toBe('08.40.25')
    expect(jakarta.time(someMs, 'en')).toBe('08:40:25')
    expect(jakarta.date(someMs, 'id')).toBe('Sab 21 Nov 2026')
    expect(jakarta.hour(Date.parse('2026-11-20T17:00:00Z'))).toBe(0)
    expect(jakarta.field(someMs)).toBe('2026-11-21T08:40')
    expect(jakarta.fieldMs('2026-11-21T08:40')).toBe(Date.parse('2026-11-21T01:40:00Z'))
  },
)

test.each([
  ['Asia/Jakarta', 'WIB', '08.40.25', 'Sab 21 Nov 2026'],
  ['Asia/Pontianak', 'WIB', '08.40.25', 'Sab 21 Nov 2026'],
  ['Asia/Makassar', 'WITA', '09.40.25', 'Sab 21 Nov 2026'],
  ['Asia/Jayapura', 'WIT', '10.40.25', 'Sab 21 Nov 2026'],
  ['Asia/Kuala_Lumpur', 'GMT+8', '09.40.25', 'Sab 21 Nov 2026'],
  ['Asia/Kathmandu', 'GMT+5:45', '07.25.25', 'Sab 21 Nov 2026'],
  ['America/New_York', 'EST', '20.40.25', 'Jum 20 Nov 2026'],
  ['Pacific/Kiritimati', 'GMT+14', '15.40.25', 'Sab 21 Nov 2026'],
  ['UTC', 'UTC', '01.40.25', 'Sab 21 Nov 2026'],
])('in %s the clock says %s', (zone, name, time, date) => {
  const there = createCityTime(zone)
  expect([there.zoneName(someMs), there.time(someMs, 'id'), there.date(someMs, 'id')]).toEqual([name, time, date])
  const text = createTranslator('en', there)
  expect([text.zone(someMs), text.time(someMs)]).toEqual([name, time.replaceAll('.', ':')])
})

test('until the zone is known the time is UTC, and says so', () => {
  const text = createTranslator('id')
  expect([text.time(someMs), text.zone(someMs), text.cityTime]).toEqual(['01.40.25', 'UTC', unknownCityTime])
})

test('a day has as many hours as it has there', () => {
  const hours = (zone: string, day: string) => {
    const { fromMs, toMs } = createCityTime(zone).day(day) ?? { fromMs: 0, toMs: 0 }
    return [new Date(fromMs).toISOString(), (toMs - fromMs) / 3_600_000]
  }
  expect(hours('Asia/Jayapura', '2026-11-24')).toEqual(['2026-11-23T15:00:00.000Z', 24])
  expect(hours('Europe/Berlin', '2026-03-29')).toEqual(['2026-03-28T23:00:00.000Z', 23])
  expect(hours('Europe/Berlin', '2026-10-25')).toEqual(['2026-10-24T22:00:00.000Z', 25])
  expect(hours('Asia/Kathmandu', '2026-11-24')).toEqual(['2026-11-23T18:15:00.000Z', 24])
})

test('a stamp says the day, the time to the second, and the zone by its name of that moment', () => {
  const stamp = (zone: string, iso: string) => createCityTime(zone).stamp(Date.parse(iso))
  expect(stamp('Asia/Jayapura', '2026-11-21T15:00:00.999Z')).toBe('2026-11-22 00:00:00 WIT')
  expect(stamp('Asia/Makassar', '2026-11-21T15:00:00Z')).toBe('2026-11-21 23:00:00 WITA')
  expect(stamp('Asia/Kathmandu', '2026-12-31T18:14:59Z')).toBe('2026-12-31 23:59:59 GMT+5:45')
  expect(stamp('Asia/Kathmandu', '2026-12-31T18:15:00Z')).toBe('2027-01-01 00:00:00 GMT+5:45')
  // The hour that a clock in Berlin shows twice.
  expect(stamp('Europe/Berlin', '2026-10-25T00:30:00Z')).toBe('2026-10-25 02:30:00 GMT+2')
  expect(stamp('Europe/Berlin', '2026-10-25T01:30:00Z')).toBe('2026-10-25 02:30:00 GMT+1')
})

test('a name follows summer time forth and back, however moments are asked for', () => {
  const { zoneName } = createCityTime('Europe/Berlin')
  const lastOfWinter = Date.parse('2026-03-29T00:59:59.999Z')
  const asked = [lastOfWinter, lastOfWinter + 1, lastOfWinter, Date.parse('2026-10-25T01:00:00Z'), lastOfWinter + 1]
  expect(asked.map(zoneName)).toEqual(['GMT+1', 'GMT+2', 'GMT+1', 'GMT+1', 'GMT+2'])
})

test('in a zone of quarter hours the city has its own day, hour and morning', () => {
  const kathmandu = createCityTime('Asia/Kathmandu')
  const midnight = Date.parse('2026-11-23T18:15:00Z')
  expect([midnight - 1, midnight].map(kathmandu.hour)).toEqual([23, 0])
  expect([midnight - 1, midnight].map(kathmandu.dayMs)).toEqual([86_399_999, 0])
  expect(kathmandu.dayNumber(midnight) - kathmandu.dayNumber(midnight - 1)).toBe(1)
  expect(kathmandu.atDayMs(kathmandu.dayNumber(midnight), 7 * 3_600_000)).toBe(Date.parse('2026-11-24T01:15:00Z'))
  expect(kathmandu.moment(midnight - 1, midnight, 'en')).toBe('23 Nov 23:59')
  expect(kathmandu.fieldMs('2026-11-24T00:00')).toBe(midnight)
})

test.each(['', '2026-11', '2026-13-01', '2026-11-24T08:40', 'kemarin'])('"%s" is no day', (day) => {
  expect(jakarta.day(day)).toBeUndefined()
})

test.each(['', '08:40', '2026-11-31T99:00', 'besok'])('"%s" is no moment', (field) => {
  expect(jakarta.fieldMs(field)).toBeUndefined()
})

test('a time that is shown twice is the first, one that is left out an hour later', () => {
  const berlin = createCityTime('Europe/Berlin')
  expect(berlin.fieldMs('2026-10-25T02:30')).toBe(Date.parse('2026-10-25T00:30:00Z'))
  expect(berlin.fieldMs('2026-03-29T02:30')).toBe(Date.parse('2026-03-29T01:30:00Z'))
  expect(berlin.zoneName(Date.parse('2026-07-01T00:00:00Z'))).toBe('GMT+2')
})

const zones = [
  'Asia/Jakarta',
  'Asia/Makassar',
  'Asia/Jayapura',
  'Europe/Berlin',
  'Australia/Lord_Howe',
  'Asia/Kathmandu',
]

test('a moment that is put into a field comes back from it, in any zone', () => {
  const times = zones.map(createCityTime)
  const anyMinute = fc.integer({ min: Date.UTC(2000, 0) / 60_000, max: Date.UTC(2040, 0) / 60_000 })
  fc.assert(
    fc.property(anyMinute, fc.constantFrom(...times), (minute, time) => {
      const field = time.field(minute * 60_000)
      const back = time.fieldMs(field)
      // Of an hour that is shown twice the first is meant; what the field shows is the same.
      expect(time.field(back ?? 0)).toBe(field)
      expect(minute * 60_000 - (back ?? 0)).toSatisfy((ms: number) => ms === 0 || (ms > 0 && ms <= 3_600_000))
      expect(time.atDayMs(time.dayNumber(minute * 60_000), time.dayMs(minute * 60_000))).toBe(back)
    }),
  )
})

test('names the day only for another day', () => {
  expect(jakarta.moment(someMs, someMs + 3_600_000, 'id')).toBe('08.40')
  expect(jakarta.moment(someMs, someMs + 86_400_000, 'en')).toBe('21 Nov 08:40')
  expect(jakarta.moment(Date.parse('2025-12-31T20:00:00Z'), someMs, 'id')).toBe('1 Jan 03.00')
  expect(jakarta.moment(Date.parse('2025-12-30T20:00:00Z'), someMs, 'id')).toBe('31 Des 2025 03.00')
})
