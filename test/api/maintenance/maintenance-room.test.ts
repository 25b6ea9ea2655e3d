import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test } from 'vitest'
import { maxInMaintenance, maxMaintenanceDevices, maxPastMaintenances } from '../../../contract/http/call-limits.ts'
import { openRegistry } from '../../../storage/registry/registry.ts'
import { tempDir } from '../../support/system/temp-dir.ts'

const startMs = Date.UTC(2026, 10, 21, 1)
const hourMs = 3_600_000
const dayMs = 24 * hourMs
const iso = (ms: number) => new Date(ms).toISOString()
const name = (n: number) => `d-${String(n).padStart(4, '0')}`
const all = Array.from({ length: maxMaintenanceDevices }, (_none, n) => name(n))

/** A registry of as many devices as one maintenance may have, on a clock of its own. */
async function fullRegistry() {
  const clock = { ms: startMs }
  const file = join(tempDir(), 'registry.db')
  const registry = await openRegistry({ file, pepper: randomBytes(32), now: () => clock.ms })
  onTestFinished(() => registry.close())
  await registry.devices.create({ id: name(0), profile: 'river-gauge' })
  const db = new DatabaseSync(file)
  onTestFinished(() => db.close())
  const columns = db
    .prepare('pragma table_info(device)')
    .all()
    .map((column) => String(column.name))
  const values = columns.map((column) => {
    if (column === 'id') return "printf('d-%04d', n)"
    return column.endsWith('key_hash') ? 'NULL' : column
  })
  db.exec(`with recursive numbers(n) as (select 1 union all select n + 1 from numbers where n < ${all.length - 1})
    insert into device (${columns}) select ${values} from device, numbers`)
  const make = (deviceIds: readonly string[], untilMs = clock.ms + hourMs) =>
    registry.maintenance.create({ deviceIds: [...deviceIds], until: iso(untilMs), reason: 'ganti baterai' })
  const count = (table: string) => Number(db.prepare(`select count(*) as n from ${table}`).get()?.n)
  return { ...registry, clock, make, count, db }
}

test('all open maintenance together has a bound of devices, and a refusal says what to do', async () => {
  const { make, maintenance, count } = await fullRegistry()
  const made = []
  for (let n = 0; n < maxInMaintenance / all.length - 1; n += 1) made.push(await make(all))
  await make(all.slice(1))
  // The very last place.
  const last = await make([name(0)])
  expect(count('maintenance_device')).toBe(maxInMaintenance)
  await expect(make([name(1)])).rejects.toMatchObject({
    code: 'too-much-maintenance',
    message: expect.stringMatching(/50000 devices together.+50000 are taken and 1 more.+End or cancel one first/),
  })
  expect(count('maintenance_device')).toBe(maxInMaintenance)
  await maintenance.end(last.id)
  await make([name(1)])
  const listed = await maintenance.list()
  expect(listed.map(({ deviceIds }) => deviceIds.length)).toEqual([...made.map(() => all.length), all.length - 1, 1])
  expect(listed[0]?.deviceIds).toEqual(all)
})

test('of those that are over the newest stay, as many devices as may be in open ones', async () => {
  const { make, maintenance, clock, count } = await fullRegistry()
  const ended: string[] = []
  for (let n = 0; n <= maxInMaintenance / all.length; n += 1) {
    const { id } = await make(all)
    clock.ms += 1000
    await maintenance.end(id)
    ended.push(id)
  }
  // One more than there is room for: it goes when the next is made, and the oldest goes.
  await make([name(0)])
  const past = async () => (await maintenance.list({ past: true })).map(({ id }) => id).slice(0, -1)
  expect(await past()).toEqual(ended.slice(1))
  expect(count('maintenance_device')).toBe(maxInMaintenance + 1)
  // What is older than is listed goes too.
  clock.ms += 90 * dayMs + hourMs
  await make([name(0)])
  expect(count('maintenance')).toBe(1)
  expect(count('maintenance_device')).toBe(1)
})

test('there is an end to how many past ones are kept', async () => {
  const { make, db, count } = await fullRegistry()
  db.exec(`with recursive numbers(n) as (select 1 union all select n + 1 from numbers where n <= ${maxPastMaintenances})
    insert into maintenance (from_ms, until_ms, reason, made_by, made_at_ms)
    select 0, ${startMs} - 2 * ${maxPastMaintenances} + n, 'x', 'user:siti', 0 from numbers`)
  expect(count('maintenance')).toBe(maxPastMaintenances + 1)
  await make([name(0)])
  expect(count('maintenance')).toBe(maxPastMaintenances + 1)
  expect(db.prepare('select min(id) as id from maintenance').get()).toEqual({ id: 2 })
})
