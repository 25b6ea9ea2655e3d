import { afterEach, expect, test } from 'vitest'
import { createTranslator } from '../../../dashboard/core/translate.ts'
import { wibDate, wibField, wibFieldMs, wibHour, wibMoment, wibTime } from '../../../dashboard/core/wib.ts'
import { someMs } from '../../helpers/device-view.ts'

const { TZ } = process.env
afterEach(() => {
  process.env.TZ = TZ
})

test.each(['UTC', 'America/New_York', 'Asia/Jakarta', 'Pacific/Kiritimati'])(
  'is WIB and 24 h on a host in %s',
  (zone) => {
    process.env.TZ = zone
    expect(wibTime(someMs, 'id')).toBe('08.40.25')
    expect(wibTime(someMs, 'en')).toBe('08:40:25')
    expect(wibDate(someMs, 'id')).toBe('Sab 21 Nov 2026')
    expect(wibHour(Date.parse('2026-11-20T17:00:00Z'))).toBe(0)
    expect(wibField(someMs)).toBe('2026-11-21T08:40')
    expect(wibFieldMs('2026-11-21T08:40')).toBe(Date.parse('2026-11-21T01:40:00Z'))
    expect(wibFieldMs('')).toBeUndefined()
  },
)

test('names the day only for another day', () => {
  expect(wibMoment(someMs, someMs + 3_600_000, 'id')).toBe('08.40')
  expect(wibMoment(someMs, someMs + 86_400_000, 'en')).toBe('21 Nov 08:40')
  expect(wibMoment(Date.parse('2025-12-31T20:00:00Z'), someMs, 'id')).toBe('1 Jan 03.00')
  expect(wibMoment(Date.parse('2025-12-30T20:00:00Z'), someMs, 'id')).toBe('31 Des 2025 03.00')
})

test.each([
  [7400, '7 dtk', '7 s'],
  [200_000, '3 mnt', '3 min'],
  [8_880_000, '2 j 28 mnt', '2 h 28 min'],
  [400_000_000, '4 hr', '4 d'],
])('an age of %i ms is "%s" and "%s"', (ms, id, en) => {
  expect([createTranslator('id').age(ms), createTranslator('en').age(ms)]).toEqual([id, en])
})

test('writes numbers as each language does', () => {
  const metric = { unit: 'm', decimals: 2, type: 'gauge' } as const
  expect(createTranslator('id').measure(1234.5, metric)).toBe('1.234,50 m')
  expect(createTranslator('en').measure(1234.5, metric)).toBe('1,234.50 m')
  expect(createTranslator('id').measure(true, { ...metric, type: 'boolean' })).toBe('ya')
})
