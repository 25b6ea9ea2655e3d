import { expect, test } from 'vitest'
import { diskDaysLeft } from '../../../domain/system/disk-days.ts'
import type { Storage } from '../../../domain/system/storage-fault.ts'

/** Five bytes a sealed reading, 10 GB free. */
const storage: Storage = {
  ...{ hotBytes: 1e9, coldBytes: 5e9, budgetBytes: null, overBudget: false, freeBytes: 1e10, low: false },
  outbox: { bytes: 0, quotaBytes: 1 },
  sealed: { days: 100, points: 1e9 },
  ...{ missingDays: 0, damagedFiles: [], fault: null, dropped: [] },
}

test('the room is divided by what a day of readings takes once it is sealed', () => {
  expect(diskDaysLeft(storage, 1000)).toBeCloseTo(1e10 / (1000 * 86_400 * 5), 6)
})

test('a budget ends before the disk does', () => {
  expect(diskDaysLeft({ ...storage, budgetBytes: 7e9 }, 1000)).toBeCloseTo(1e9 / (1000 * 86_400 * 5), 6)
  expect(diskDaysLeft({ ...storage, budgetBytes: 4e9 }, 1000)).toBe(0)
})

test('nobody can say before a day was sealed, or while nothing comes in', () => {
  expect(diskDaysLeft({ ...storage, sealed: { days: 0, points: 0 } }, 1000)).toBeNull()
  expect(diskDaysLeft(storage, 0)).toBeNull()
  expect(diskDaysLeft(storage, null)).toBeNull()
})
