import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test } from 'vitest'
import { openRegistry } from '../../../storage/registry/registry.ts'
import { tempDir } from '../../support/system/temp-dir.ts'

const startMs = Date.UTC(2026, 10, 21, 1)
const hourMs = 3_600_000
const dayMs = 24 * hourMs
const iso = (ms: number) => new Date(ms).toISOString()

/** A registry on a file and a clock of its own, that is opened again as often as one likes. */
async function registryFile() {
  const clock = { ms: startMs }
  const options = { file: join(tempDir(), 'registry.db'), pepper: randomBytes(32), now: () => clock.ms }
  const open = async () => {
    const registry = await openRegistry(options)
    onTestFinished(() => registry.close())
    return registry
  }
  return { clock, open, file: options.file }
}

const of = (...deviceIds: string[]) => ({ deviceIds, until: iso(startMs + hourMs), reason: 'ganti baterai' })

test('maintenance outlasts the process that made it', async () => {
  const { open } = await registryFile()
  const first = await open()
  await first.devices.create({ id: 'r-1', profile: 'river-gauge' })
  const made = await first.as('user:siti').maintenance.create(of('r-1'))
  await first.close()
  const second = await open()
  expect(await second.maintenance.list()).toEqual([made])
  const { maintenance } = await second.devices.changesSince(0)
  expect([...maintenance]).toEqual([['r-1', [{ fromMs: startMs, untilMs: startMs + hourMs }]]])
})

test('whoever follows the devices hears of each change of a maintenance, and of its devices alone', async () => {
  const { open, clock } = await registryFile()
  const { devices, maintenance } = await open()
  for (const id of ['r-1', 'r-2']) await devices.create({ id, profile: 'river-gauge' })
  let { counter } = await devices.changesSince(0)
  const next = async () => {
    const changes = await devices.changesSince(counter)
    counter = changes.counter
    return { changed: changes.changed.map(({ id }) => id), windows: [...changes.maintenance.values()].flat() }
  }
  const { id } = await maintenance.create(of('r-1'))
  expect(await next()).toEqual({ changed: ['r-1'], windows: [{ fromMs: startMs, untilMs: startMs + hourMs }] })
  await maintenance.patch(id, { until: iso(startMs + 2 * hourMs) })
  expect(await next()).toEqual({ changed: ['r-1'], windows: [{ fromMs: startMs, untilMs: startMs + 2 * hourMs }] })
  clock.ms += hourMs
  await maintenance.end(id)
  expect(await next()).toEqual({ changed: ['r-1'], windows: [{ fromMs: startMs, untilMs: startMs + hourMs }] })
  const coming = await maintenance.create({
    ...{ deviceIds: ['r-2'], from: iso(startMs + 3 * hourMs), until: iso(startMs + 4 * hourMs), reason: 'kabel' },
  })
  expect((await next()).changed).toEqual(['r-2'])
  await maintenance.end(coming.id)
  expect(await next()).toEqual({ changed: ['r-2'], windows: [] })
})

test('past ones are told for 90 days, and are no concern of the devices after 30', async () => {
  const { open, clock } = await registryFile()
  const { devices, maintenance } = await open()
  await devices.create({ id: 'r-1', profile: 'river-gauge' })
  const made = await maintenance.create(of('r-1'))
  clock.ms = startMs + hourMs
  expect(await maintenance.list()).toEqual([])
  clock.ms = startMs + hourMs + 90 * dayMs - 1
  expect(await maintenance.list({ past: true })).toEqual([made])
  expect((await devices.changesSince(0)).maintenance.size).toBe(0)
  clock.ms += 1
  expect(await maintenance.list({ past: true })).toEqual([])
})

test('a registry of the release before opens, with its devices and without maintenance', async () => {
  const { open, file } = await registryFile()
  const first = await open()
  await first.devices.create({ id: 'r-1', profile: 'river-gauge' })
  await first.close()
  const raw = new DatabaseSync(file)
  raw.exec(
    'alter table session drop column address; alter table session drop column browser; alter table token drop column filters',
  )
  raw.exec(
    'drop table command; drop table maintenance_device; drop table maintenance; update schema_version set version = 7',
  )
  raw.close()
  const second = await open()
  expect(await second.maintenance.list({ past: true })).toEqual([])
  await second.maintenance.create(of('r-1'))
  expect(await second.maintenance.list()).toMatchObject([{ deviceIds: ['r-1'] }])
})
