import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { EventPlace } from '../../../contract/ports/states.ts'
import { deviceStates, stateCauses } from '../../../contract/state.ts'
import { createLedger } from '../../../storage/telemetry/ledger.ts'
import { createEventTable, maxEventsOfDevice } from '../../../storage/telemetry/sqlite/sqlite-events.ts'
import { openHotDatabase } from '../../../storage/telemetry/sqlite/sqlite-open.ts'
import { readEvents } from '../../../storage/telemetry/states/read-events.ts'
import { readStates, readUptime } from '../../../storage/telemetry/states/read-states.ts'
import {
  causeOfNumber,
  numberOfCause,
  numberOfState,
  stateOfNumber,
} from '../../../storage/telemetry/states/state-codes.ts'
import { createStateTable } from '../../../storage/telemetry/states/state-table.ts'
import { tempDir } from '../../support/system/temp-dir.ts'

const startMs = Date.UTC(2026, 10, 21, 1)
const minuteMs = 60_000

function opened(most?: number) {
  const db = openHotDatabase(join(tempDir(), 'hot.db'))
  onTestFinished(() => db.close())
  const ledger = createLedger(db)
  return { db, ledger, table: createStateTable(db, most) }
}

/** A camera that comes and goes each minute. */
const change = (n: number, deviceId = 'cam-1') =>
  n % 2 === 0
    ? ({ deviceId, atMs: startMs + n * minuteMs, state: 'online', cause: null } as const)
    : ({ deviceId, atMs: startMs + n * minuteMs, state: 'offline', cause: 'link-lost' } as const)

const all = () => true
const everything = { fromMs: startMs - minuteMs, toMs: startMs + 1e9, limit: 1e6 }
const periodsOf = (db: ReturnType<typeof opened>['db'], deviceId = 'cam-1', asked = everything) =>
  readStates(db, { ...asked, deviceId }, asked.toMs)

test('each state and each cause comes back from its number, which no other has', () => {
  expect(deviceStates.map((state) => stateOfNumber(numberOfState(state)))).toEqual([...deviceStates])
  expect(stateCauses.map((cause) => causeOfNumber(numberOfCause(cause)))).toEqual([...stateCauses])
  expect(causeOfNumber(numberOfCause(null))).toBeNull()
  // They lie in databases that were written long ago.
  expect(deviceStates.map(numberOfState)).toEqual([0, 1, 2, 3, 4, 5, 6])
  expect(stateCauses.map(numberOfCause)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11])
})

describe('changes of state', () => {
  test('are dropped by age, but for the one that holds at that moment, a part at a time and counted', () => {
    const { db, ledger, table } = opened()
    for (let n = 0; n < 100; n += 1) table.save(change(n))
    table.save(change(0, 'quiet'))
    ledger.setHeard(everything.toMs)
    ledger.flush()
    const beforeMs = startMs + 50 * minuteMs + 1
    expect(table.dropBefore(beforeMs, 30, all)).toBe(30)
    expect(table.dropBefore(beforeMs, 30, all)).toBe(20)
    expect(table.dropBefore(beforeMs, 30, all)).toBe(0)
    const [unknown, first] = periodsOf(db).periods
    expect(unknown).toMatchObject({ state: 'unknown', cause: 'not-watched' })
    expect(first).toMatchObject({ fromMs: startMs + 50 * minuteMs, state: 'online' })
    expect(periodsOf(db, 'quiet').periods[1]).toMatchObject({ fromMs: startMs, state: 'online' })
  })

  test('of devices that were removed go with the last of them, however many ids come and go', () => {
    const { db, ledger, table } = opened()
    ledger.setHeard(everything.toMs)
    ledger.flush()
    for (let n = 0; n < 3000; n += 1) table.save(change(0, `cam-${n}`))
    table.save(change(9, 'cam-0'))
    const isRegistered = (id: string) => id === 'cam-1'
    // A thousand devices at a time.
    const gone = [1, 2, 3].map(() => table.dropBefore(startMs + minuteMs, 20_000, isRegistered))
    expect(gone).toEqual([998, 1000, 1000])
    expect(db.prepare('SELECT id FROM state_device ORDER BY dev').all()).toEqual([{ id: 'cam-0' }, { id: 'cam-1' }])
    expect(db.prepare('SELECT count(*) AS n FROM state').get()?.n).toBe(3)
    table.save(change(20, 'cam-2'))
    expect(periodsOf(db, 'cam-2').periods[1]).toMatchObject({ fromMs: startMs + 20 * minuteMs })
  })

  test('of a device that comes and goes without end let its own oldest go, over restarts, and no one else', () => {
    const { db, table } = opened(200)
    table.save(change(0, 'quiet'))
    for (let n = 0; n < 500; n += 1) table.save(change(n))
    const again = createStateTable(db, 200)
    for (let n = 500; n < 1000; n += 1) again.save(change(n))
    const rows = db.prepare('SELECT id, n, (SELECT count(*) FROM state WHERE dev = d.dev) AS real FROM state_device d')
    const [quiet, loud] = rows.all()
    expect(quiet).toMatchObject({ id: 'quiet', n: 1, real: 1 })
    expect(loud?.n).toBe(loud?.real)
    expect(Number(loud?.n)).toBeGreaterThan(150)
    expect(table.flush() + again.flush() + Number(loud?.n)).toBe(1000)
  })

  test('are read a page at a time, and the pages are the whole', () => {
    const { db, ledger, table } = opened()
    for (let n = 0; n < 25; n += 1) table.save(change(n))
    ledger.setHeard(everything.toMs)
    ledger.flush()
    const found = []
    for (let from: number | undefined = everything.fromMs; from !== undefined; ) {
      const page = periodsOf(db, 'cam-1', { ...everything, fromMs: from, limit: 10 })
      found.push(...page.periods)
      from = page.nextFromMs
    }
    expect(found).toEqual(periodsOf(db).periods)
  })

  test('are not known behind the last moment that the journal told of', () => {
    const { db, ledger, table } = opened()
    table.save(change(0))
    ledger.setHeard(startMs + 10 * minuteMs)
    ledger.flush()
    const asked = { deviceId: 'cam-1', fromMs: startMs, toMs: startMs + 20 * minuteMs, limit: 10 }
    expect(readStates(db, asked, asked.toMs).periods).toMatchObject([
      { toMs: startMs + 10 * minuteMs, state: 'online' },
      { toMs: asked.toMs, state: 'unknown', cause: 'not-watched' },
    ])
    const [[sum] = []] = readUptime(db, { deviceIds: ['cam-1'], boundsMs: [startMs, asked.toMs] }, asked.toMs)
    expect(sum).toEqual({ up: 10 * minuteMs, down: 0, excluded: 0, unknown: 10 * minuteMs })
    // While it is read as it is written the state lasts.
    expect(readStates(db, asked, startMs + 10 * minuteMs + 5000).periods).toHaveLength(1)
  })
})

describe('events', () => {
  /** Ten of a camera and ten changes of its connection in the same moments, and some of another device. */
  function told() {
    const { db } = opened()
    const events = createEventTable(db)
    const links = createEventTable(db, maxEventsOfDevice, 'link_event')
    for (let n = 0; n < 10; n += 1) {
      const payload = Buffer.from(JSON.stringify({ n }))
      events.save({ deviceId: 'cam-1', atMs: startMs + n, type: n % 2 === 0 ? 'motion' : 'door', payload })
      links.save({ deviceId: 'cam-1', atMs: startMs + n, type: 'link-connected', payload })
      events.save({ deviceId: 'cam-2', atMs: startMs + n, type: 'motion', payload })
    }
    return db
  }
  const asked = { fromMs: startMs, toMs: startMs + 1000, limit: 7 }

  test.each([
    ['all', {}, 30],
    ['of a device', { deviceId: 'cam-1' }, 20],
    ['of a type', { type: 'motion' }, 15],
    ['of a device and a type', { deviceId: 'cam-1', type: 'link-connected' }, 10],
    ['of a time', { fromMs: startMs + 3, toMs: startMs + 5 }, 6],
  ])('%s come newest first, and pages leave none out and tell none twice', (_what, more, count) => {
    const db = told()
    const found = []
    let after: EventPlace | undefined
    do {
      const page = readEvents(db, { ...asked, ...more, after })
      found.push(...page.events)
      after = page.next
    } while (after !== undefined)
    expect(found).toHaveLength(count)
    expect(new Set(found.map((event) => JSON.stringify(event))).size).toBe(count)
    expect(found.map(({ atMs }) => atMs)).toEqual(found.map(({ atMs }) => atMs).toSorted((one, other) => other - one))
  })
})
