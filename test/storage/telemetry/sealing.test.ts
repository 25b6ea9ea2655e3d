import { fork } from 'node:child_process'
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { constants, getPriority } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { RangeQuery, StoredReading } from '../../../contract/ports/telemetry.ts'
import { createPace } from '../../../storage/telemetry/cold/seal-worker.ts'
import { openHot } from '../../../storage/telemetry/sqlite/hot-file.ts'
import { openSqliteStore, type SealingStore } from '../../../storage/telemetry/sqlite/sqlite.ts'
import { createSqliteWriter } from '../../../storage/telemetry/sqlite/sqlite-writer.ts'
import { sealingBaseMs as baseMs, busesOfDay } from '../../support/storage/sealing-days.ts'
import { tempDir } from '../../support/system/temp-dir.ts'
import { dayMs, hourMs, minuteMs, reading } from '../conformance/store-test.ts'

const profile = 'trans-binjai-bus'
const wide: RangeQuery = {
  deviceId: 'bus-1',
  profile,
  fromMs: baseMs - 60 * dayMs,
  toMs: baseMs + 9 * dayMs,
  limit: 50_000,
}
const speeds = { profile, metric: 'speed_kmh', fromMs: baseMs - 60 * dayMs, toMs: baseMs + 9 * dayMs, everyMs: hourMs }

/** A store whose clock stands where the test puts it. */
function openAt(dir: string, nowMs: number, budgetBytes?: number) {
  const clock = { nowMs }
  const budget = budgetBytes === undefined ? {} : { budgetBytes }
  const store = openSqliteStore({
    path: join(dir, 'hot.db'),
    sealing: { sealAfterMs: 6 * hourMs, now: () => clock.nowMs, ...budget },
  })
  onTestFinished(() => store.close())
  return { store, clock }
}

/** All that can be asked of it. */
async function answersOf(store: SealingStore) {
  return {
    raw: await store.range(wide),
    minutes: await store.range({ ...wide, everyMs: minuteMs }),
    highest: await store.range({ ...wide, everyMs: 7 * minuteMs, aggregate: 'max' }),
    city: await store.city(speeds),
    cityByMinute: await store.city({ ...speeds, fromMs: baseMs, toMs: baseMs + dayMs, everyMs: minuteMs }),
    latest: (await store.latest()).toSorted((a, b) => a.deviceId.localeCompare(b.deviceId)),
  }
}

function tablesIn(dir: string): string[] {
  const db = new DatabaseSync(join(dir, 'hot.db'), { readOnly: true })
  onTestFinished(() => db.close())
  return db
    .prepare("SELECT name FROM sqlite_master WHERE name LIKE 'r\\_%' ESCAPE '\\' ORDER BY name")
    .all()
    .map(({ name }) => String(name))
}

const coldFiles = (dir: string) => readdirSync(dir).filter((name) => /^cold-.*\.db$/.test(name))

describe('a past day', () => {
  test('is sealed six hours after its end, and every answer stays the same', async () => {
    const dir = tempDir()
    const { store, clock } = openAt(dir, baseMs)
    for (const day of [0, 1, 2]) await store.write([...busesOfDay(day)])
    const before = await answersOf(store)
    clock.nowMs = baseMs + dayMs + 5 * hourMs
    await store.settle()
    expect(coldFiles(dir)).toEqual([])
    clock.nowMs = baseMs + 2 * dayMs + 7 * hourMs
    await store.settle()
    expect(tablesIn(dir)).toEqual(['r_trans_binjai_bus_20261123'])
    expect(coldFiles(dir)).toEqual(['cold-2026-11.db'])
    expect(await answersOf(store)).toEqual(before)
  })

  test('takes what comes late, once, and knows what it has already', async () => {
    const dir = tempDir()
    const { store, clock } = openAt(dir, baseMs)
    const rows = [...busesOfDay(0)]
    const twin = openSqliteStore({ path: join(tempDir(), 'hot.db') })
    onTestFinished(() => twin.close())
    const both = async (batch: readonly StoredReading[]) => {
      await store.write(batch)
      await twin.write(batch)
    }
    await both(rows)
    clock.nowMs = baseMs + 3 * dayMs
    await store.settle()
    const first = reading({ ...rows[0], metrics: { ...rows[0]?.metrics, speed_kmh: 119, door_2: 1 } })
    await both([first, ...rows.slice(5, 20)])
    await both([reading({ ...rows[3], metrics: { satellites: 3 } })])
    await both([reading({ ...rows[4], tsMs: (rows[4]?.tsMs ?? 0) + 1 })])
    // Whole days of which there was nothing, one of them in another month.
    await both([-1, -40].map((day) => reading({ ...rows[0], tsMs: baseMs + day * dayMs + 5 })))
    const expected = await answersOf(twin)
    expect(await answersOf(store)).toEqual(expected)
    await store.settle()
    expect(tablesIn(dir)).toEqual([])
    expect(await answersOf(store)).toEqual(expected)
    await both([first, reading({ ...rows[3], metrics: { satellites: 3 } })])
    await store.settle()
    expect(await answersOf(store)).toEqual(expected)
    expect(coldFiles(dir)).toEqual(['cold-2026-10.db', 'cold-2026-11.db'])
  })

  test('is not lost, doubled or torn by a kill at any moment of its sealing', { timeout: 60_000 }, async () => {
    const dir = tempDir()
    const { store, clock } = openAt(dir, baseMs)
    for (const day of [0, 1]) await store.write([...busesOfDay(day)])
    const before = await answersOf(store)
    for (const afterMs of [120, 180, 240, 320, 420, 600]) {
      const child = fork(new URL('../../support/storage/sealing-days.ts', import.meta.url), [join(dir, 'hot.db')])
      const ended = new Promise((resolve) => child.once('exit', resolve))
      await new Promise((resolve) => child.once('message', resolve))
      await Promise.race([sleep(afterMs - 100), ended])
      child.kill('SIGKILL')
      await ended
      expect(await answersOf(store)).toEqual(before)
    }
    clock.nowMs = baseMs + 9 * dayMs
    await store.settle()
    expect(tablesIn(dir)).toEqual([])
    expect(await answersOf(store)).toEqual(before)
  })
})

describe('room on the disk', () => {
  test('past the budget the oldest sealed days go, counted, and their file with them', async () => {
    const dir = tempDir()
    const { store, clock } = openAt(dir, baseMs, 1)
    const old = [...busesOfDay(0)].map((row) => ({ ...row, tsMs: row.tsMs - 30 * dayMs }))
    for (const batch of [old, [...busesOfDay(0)]]) await store.write(batch)
    clock.nowMs = baseMs + 2 * dayMs
    await store.settle()
    // The younger day is within the three days that are always kept.
    expect(coldFiles(dir)).toEqual(['cold-2026-11.db'])
    expect(store.status().overBudget).toBe(true)
    expect((await store.range({ ...wide, toMs: baseMs })).metrics).toEqual({})
    const db = new DatabaseSync(join(dir, 'hot.db'))
    onTestFinished(() => db.close())
    expect(
      db
        .prepare('SELECT * FROM dropped')
        .all()
        .map((row) => ({ ...row })),
    ).toEqual([{ class: 'telemetry', cause: 'budget', days: 1, points: old.length }])
  })
})

describe('damage', () => {
  async function sealedFolder() {
    const dir = tempDir()
    const { store, clock } = openAt(dir, baseMs)
    const old = [...busesOfDay(0)].map((row) => ({ ...row, tsMs: row.tsMs - 30 * dayMs }))
    for (const batch of [old, [...busesOfDay(0)]]) await store.write(batch)
    clock.nowMs = baseMs + 3 * dayMs
    await store.settle()
    const answers = await answersOf(store)
    await store.close()
    return { dir, answers }
  }

  test.each([
    ['no database at all', (bytes: Buffer) => bytes.fill('x')],
    ['cut off', (bytes: Buffer) => bytes.subarray(0, 5000)],
    ['a page of its directory overwritten', (bytes: Buffer) => bytes.fill(0xff, 0, 16_384)],
  ])('a cold file that is %s is put aside, its days are missing, everything else works', async (_name, harm) => {
    const { dir } = await sealedFolder()
    const file = join(dir, 'cold-2026-10.db')
    writeFileSync(file, harm(readFileSync(file)))
    const { store } = openAt(dir, baseMs + 3 * dayMs)
    await store.settle()
    expect(store.status().fault).toContain('put aside')
    expect(readdirSync(dir).filter((name) => name.startsWith('cold-2026-10.db.damaged-'))).not.toEqual([])
    const { speed_kmh: left = [] } = (await store.range(wide)).metrics
    expect(left.length).toBeGreaterThan(0)
    expect(left.every(([ms]) => ms >= baseMs)).toBe(true)
    const db = new DatabaseSync(join(dir, 'hot.db'))
    onTestFinished(() => db.close())
    expect(db.prepare('SELECT count(*) AS n FROM sealed WHERE state = 1').get()?.n).toBe(1)
  })

  test('a chunk with a flipped bit is not read as something else', async () => {
    const { dir } = await sealedFolder()
    const file = new DatabaseSync(join(dir, 'cold-2026-10.db'))
    const row = file.prepare('SELECT id, body FROM chunk LIMIT 1').get()
    const body = Buffer.from(row?.body instanceof Uint8Array ? row.body : [])
    body[20] = (body[20] ?? 0) ^ 1
    file.prepare('UPDATE chunk SET body = ? WHERE id = ?').run(body, row?.id ?? 0)
    file.close()
    const { store } = openAt(dir, baseMs + 3 * dayMs)
    const devices = ['bus-0', 'bus-1', 'bus-2'].map((deviceId) => store.range({ ...wide, deviceId, toMs: baseMs }))
    const found = (await Promise.all(devices)).filter(({ metrics }) => metrics.speed_kmh !== undefined)
    expect(found).toHaveLength(2)
  })

  test('a hot database that cannot be read is put aside, and the sealed days are found again', async () => {
    const { dir, answers } = await sealedFolder()
    const path = join(dir, 'hot.db')
    writeFileSync(path, Buffer.alloc(statSync(path).size, 7))
    const { db, putAside } = openHot(path, (opened) => ({ writer: createSqliteWriter(opened) }))
    db.close()
    expect(putAside).toContain('hot.db.damaged-')
    const { store } = openAt(dir, baseMs + 3 * dayMs)
    await store.write([reading({ deviceId: 'bus-1', kind: 'bus', profile, tsMs: baseMs + 3 * dayMs - 1 })])
    await store.settle()
    expect((await store.range({ ...wide, toMs: baseMs + 2 * dayMs })).metrics).toEqual(answers.raw.metrics)
  })

  test('a hot database with a damaged page, met in the middle of the work, is put aside at the next start', async () => {
    const { dir } = await sealedFolder()
    const path = join(dir, 'hot.db')
    const bytes = readFileSync(path)
    bytes.fill(0xff, 4096)
    writeFileSync(path, bytes)
    writeFileSync(`${path}.suspect`, 'database disk image is malformed')
    const { db, putAside } = openHot(path, (opened) => ({ writer: createSqliteWriter(opened) }))
    db.close()
    expect(putAside).toContain('hot.db.damaged-')
    expect(readdirSync(dir)).not.toContain('hot.db.suspect')
  })

  test('a sound hot database that was suspected stays', () => {
    const path = join(tempDir(), 'hot.db')
    openHot(path, (opened) => ({ writer: createSqliteWriter(opened) })).db.close()
    writeFileSync(`${path}.suspect`, '')
    const again = openHot(path, (opened) => ({ writer: createSqliteWriter(opened) }))
    again.db.close()
    expect(again.putAside).toBeUndefined()
  })
})

describe('the seal thread', () => {
  test('rests three times as long as it worked, and then only after a while of work', async () => {
    const pace = createPace(3)
    const took = async (workMs: number) => {
      const startedMs = performance.now()
      while (performance.now() - startedMs < workMs);
      const workedMs = performance.now() - startedMs
      await pace()
      return { workedMs, restedMs: performance.now() - startedMs - workedMs }
    }
    expect((await took(2)).restedMs).toBeLessThan(5)
    const { workedMs, restedMs } = await took(40)
    expect(restedMs).toBeGreaterThan(2.9 * workedMs)
  })

  const mayStandBack = process.platform === 'linux' && getPriority() < constants.priority.PRIORITY_LOW

  test.runIf(mayStandBack)('stands back for everything else on the machine', async () => {
    const { store, clock } = openAt(tempDir(), baseMs)
    await store.write([...busesOfDay(0)])
    const priorities = () => readdirSync('/proc/self/task').map((thread) => getPriority(Number(thread)))
    expect(new Set(priorities())).toEqual(new Set([getPriority()]))
    clock.nowMs = baseMs + 9 * dayMs
    await store.settle()
    expect(priorities().filter((priority) => priority === constants.priority.PRIORITY_LOW)).toHaveLength(1)
  })
})
