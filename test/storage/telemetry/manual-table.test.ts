import { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test } from 'vitest'
import { createManualTable, readManual } from '../../../storage/telemetry/sqlite/manual-table.ts'

const reading = (atMs: number, more = {}) => ({
  ...{ atMs, receivedAtMs: atMs, author: 'siti', role: 'operator' as const, metrics: { water_level_m: 1 }, note: null },
  ...more,
})

function opened(most?: number) {
  const db = new DatabaseSync(':memory:')
  onTestFinished(() => db.close())
  const moments = (deviceId: string) => readManual(db, { deviceId, fromMs: 0, toMs: 1e6 }).map(({ atMs }) => atMs)
  return { db, table: createManualTable(db, most), moments }
}

test('a device keeps so many; past it its own oldest go, and are told once', () => {
  const { table, moments } = opened(3)
  for (const atMs of [5, 1, 3]) table.save('a', reading(atMs))
  table.save('b', reading(1))
  expect(table.flush()).toBe(0)
  for (const atMs of [9, 2]) table.save('a', reading(atMs))
  expect([moments('a'), moments('b')]).toEqual([[3, 5, 9], [1]])
  expect([table.flush(), table.flush()]).toEqual([2, 0])
})

test('metrics of one author and moment join, and a note stays until another comes', () => {
  const { db, table } = opened()
  table.save('a', reading(1, { note: 'deras' }))
  expect(table.save('a', reading(1, { metrics: { battery_v: 12 } }))).toMatchObject({
    metrics: { water_level_m: 1, battery_v: 12 },
    note: 'deras',
  })
  expect(table.save('a', reading(1))).toBeUndefined()
  expect(table.save('a', reading(1, { note: 'surut' }))?.note).toBe('surut')
  expect(readManual(db, { deviceId: 'a', fromMs: 0, toMs: 2 })).toHaveLength(1)
})

test('the oldest of all devices go for their age, so many at a time', () => {
  const { table, moments } = opened()
  for (const device of ['a', 'b']) for (const atMs of [1, 2, 3]) table.save(device, reading(atMs))
  expect([table.dropBefore(3, 3), table.dropBefore(3, 3), table.dropBefore(3, 3)]).toEqual([3, 1, 0])
  expect([moments('a'), moments('b')]).toEqual([[3], [3]])
})

test('a database of an older release has none', () => {
  const db = new DatabaseSync(':memory:')
  onTestFinished(() => db.close())
  expect(readManual(db, { deviceId: 'a', fromMs: 0, toMs: 1 })).toEqual([])
})
