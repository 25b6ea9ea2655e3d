import { expect, onTestFinished, test } from 'vitest'
import { createEventTable } from '../../../storage/telemetry/sqlite/sqlite-events.ts'
import { message, morningMs, openEngine, takeAll } from '../../support/storage/engine-under-test.ts'
import { tempDir } from '../../support/system/temp-dir.ts'

function engine() {
  const under = openEngine(tempDir())
  onTestFinished(() => under.close())
  return under
}

const event = (deviceId: string, n: number, bytes = 10) => ({
  ...{ deviceId, atMs: morningMs + n, type: 'x' },
  payload: new Uint8Array(bytes),
})

test.each([
  ['rows', { rows: 200, bytes: 1e9 }, 10],
  ['bytes', { rows: 1e6, bytes: 200_000 }, 1000],
])(
  'a device that floods with events lets its own oldest go past its %s, over restarts, and no one else does',
  (_what, most, bytes) => {
    const { db } = engine()
    const count = (device: string) =>
      db.prepare('SELECT count(*) AS n, max(at) AS newest FROM event WHERE device = ?').get(device)
    let letGo = 0
    for (const from of [0, 1000]) {
      const events = createEventTable(db, most)
      events.save(event('quiet', from, bytes))
      for (let n = from; n < from + 1000; n += 1) events.save(event('loud', n, bytes))
      letGo += events.flush()
    }
    expect(count('quiet')?.n).toBe(2)
    expect(Number(count('loud')?.n)).toBeLessThanOrEqual(200)
    expect(Number(count('loud')?.n)).toBeGreaterThan(170)
    expect(count('loud')?.newest).toBe(morningMs + 1999)
    expect(letGo + Number(count('loud')?.n)).toBe(2000)
  },
)

test('at the bound all are kept, one more lets some go, and what was dropped by age makes room', () => {
  const { db } = engine()
  const events = createEventTable(db, { rows: 10, bytes: 1e9 })
  for (let n = 0; n < 10; n += 1) events.save(event('bus-07', n))
  expect(events.flush()).toBe(0)
  events.save(event('bus-07', 10))
  expect(events.flush()).toBe(2)
  expect(events.dropBefore(morningMs + 7, 100)).toBe(5)
  for (let n = 11; n < 17; n += 1) events.save(event('bus-07', n))
  expect(events.flush()).toBe(0)
})

test('events of an older release, which counted none, are counted when their device tells of another', () => {
  const { db } = engine()
  const insert = db.prepare("INSERT INTO event (device, at, type, payload) VALUES ('bus-07', ?, 'x', x'00')")
  for (let n = 0; n < 50; n += 1) insert.run(morningMs + n)
  const events = createEventTable(db, { rows: 20, bytes: 1e9 })
  events.save(event('bus-07', 50))
  expect(events.flush()).toBeGreaterThanOrEqual(31)
  expect(db.prepare('SELECT n FROM event_held').get()?.n).toBe(db.prepare('SELECT count(*) AS n FROM event').get()?.n)
})

test('what is let go of events for want of room is told with the days that are', () => {
  const under = engine()
  under.db.prepare("INSERT INTO event_held VALUES ('bus-07', 100000, 0)").run()
  const insert = under.db.prepare("INSERT INTO event (device, at, type, payload) VALUES ('bus-07', ?, 'x', x'00')")
  for (let n = 0; n < 200; n += 1) insert.run(morningMs + n)
  takeAll(under, [message({ type: 'one more' }, { topic: 'binjai/v1/bus/bus-07/event' })])
  const dropped = under.db.prepare('SELECT class, cause, points FROM dropped').all()
  expect(dropped.map((row) => ({ ...row }))).toEqual([{ class: 'event', cause: 'budget', points: 100 }])
})

test('a device of which all events went is not remembered: ids come and go for as long as a city lives', () => {
  const { db } = engine()
  const events = createEventTable(db)
  for (let n = 0; n < 50; n += 1) events.save(event(`cam-${n}`, 0))
  events.flush()
  expect(events.dropBefore(morningMs + 1, 49)).toBe(49)
  events.flush()
  expect(db.prepare('SELECT device, n FROM event_held').all()).toEqual([{ device: 'cam-49', n: 1 }])
  events.save(event('cam-0', 2))
  events.flush()
  expect(db.prepare('SELECT n FROM event_held WHERE device = ?').get('cam-0')).toEqual({ n: 1 })
})
