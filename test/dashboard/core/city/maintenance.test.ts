import { expect, test } from 'vitest'
import type { Maintenance } from '../../../../contract/http/maintenance.ts'
import { byTime, quickEndMs } from '../../../../dashboard/core/city/maintenance.ts'
import { createCityTime } from '../../../../domain/city-time.ts'
import { isoAt, someMs } from '../../../support/city/device-view.ts'

function window(id: string, fromMs: number, untilMs: number): Maintenance {
  const [from, until] = [isoAt(someMs + fromMs), isoAt(someMs + untilMs)]
  return { id, from, until, reason: 'ganti baterai', madeBy: 'user:siti', madeAt: from, deviceIds: ['udara-01'] }
}

test('windows are running, to come or over, to the millisecond; those over the newest first', () => {
  const all = [window('1', -9, -5), window('2', -8, 0), window('3', -1, 1), window('4', 0, 5), window('5', 1, 5)]
  const { running, coming, past } = byTime(all, someMs)
  const ids = (some: Maintenance[]) => some.map(({ id }) => id)
  expect([ids(running), ids(coming), ids(past)]).toEqual([['3', '4'], ['5'], ['2', '1']])
})

test.each([
  ['1h', '2026-11-21T08:40:25+07:00', '2026-11-21T09:40:25+07:00'],
  ['4h', '2026-11-21T22:00:00+07:00', '2026-11-22T02:00:00+07:00'],
  ['morning', '2026-11-21T05:59:59+07:00', '2026-11-21T06:00:00+07:00'],
  ['morning', '2026-11-21T06:00:00+07:00', '2026-11-22T06:00:00+07:00'],
  ['morning', '2026-11-21T23:30:00+07:00', '2026-11-22T06:00:00+07:00'],
] as const)('%s after %s is %s', (end, from, until) => {
  expect(quickEndMs(end, Date.parse(from), createCityTime('Asia/Jakarta'))).toBe(Date.parse(until))
})
