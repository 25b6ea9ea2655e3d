import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test } from 'vitest'
import { followRegistry } from '../../../storage/registry/follow.ts'
import { openRegistry } from '../../../storage/registry/registry.ts'
import { tempDir } from '../../support/system/temp-dir.ts'

const devices = 600
const ids = Array.from({ length: devices }, (_, n) => `r-${n}`)
const window = () => ({
  deviceIds: ids,
  until: new Date(Date.now() + 3_600_000).toISOString(),
  reason: 'ganti baterai',
})

/** A registry of many devices like the first one. */
async function bigRegistry() {
  const file = join(tempDir(), 'registry.db')
  const registry = await openRegistry({ file, pepper: randomBytes(32) })
  onTestFinished(() => registry.close())
  await registry.devices.create({ id: 'r-0', profile: 'river-gauge' })
  const raw = new DatabaseSync(file)
  const columns = raw
    .prepare('PRAGMA table_info(device)')
    .all()
    .map(({ name }) => String(name))
  const values = columns.map((name) => (name === 'id' ? "'r-' || n" : name))
  raw.exec(`WITH RECURSIVE run (n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM run WHERE n < ${devices - 1})
    INSERT INTO device (${columns.join(', ')}) SELECT ${values.join(', ')} FROM run JOIN device ON id = 'r-0'`)
  raw.close()
  return registry
}

/** How often others had their turn while this was done. */
async function turnsDuring<T>(work: Promise<T>): Promise<number> {
  const others = { turns: 0, timer: setImmediate(() => undefined) }
  const count = () => {
    others.turns += 1
    others.timer = setImmediate(count)
  }
  count()
  await work
  clearImmediate(others.timer)
  return others.turns
}

test('maintenance of many devices is made, changed and ended while others have their turn', async () => {
  const registry = await bigRegistry()
  const { maintenance } = registry.as('user:siti')
  expect(await turnsDuring(maintenance.create(window()))).toBeGreaterThanOrEqual(6)
  const [made] = await maintenance.list()
  expect(new Set(made?.deviceIds)).toEqual(new Set(ids))
  expect(await turnsDuring(maintenance.patch(made?.id ?? '', { reason: 'ganti modem' }))).toBeGreaterThanOrEqual(2)
  expect(await turnsDuring(maintenance.end(made?.id ?? ''))).toBeGreaterThanOrEqual(2)
})

test('where one of the last devices is unknown there is no maintenance, and nobody hears of a change', async () => {
  const registry = await bigRegistry()
  const { counter } = await registry.devices.changesSince(0)
  const unknown = { ...window(), deviceIds: [...ids, 'zz-unknown'] }
  await expect(registry.as('user:siti').maintenance.create(unknown)).rejects.toThrow('zz-unknown')
  expect(await registry.maintenance.list()).toEqual([])
  expect(await registry.devices.changesSince(counter)).toMatchObject({ counter, changed: [], removed: [] })
})

test('whoever follows the registry gets all of a great change, in parts between which others have their turn', async () => {
  const registry = await bigRegistry()
  const heard: string[] = []
  const parts: number[] = []
  const windows = new Map<string, number>()
  let follower: Awaited<ReturnType<typeof followRegistry>> | undefined
  const start = async () => {
    follower = await followRegistry(registry, ({ changed, maintenance }) => {
      parts.push(changed.length)
      for (const { id } of changed) {
        heard.push(id)
        windows.set(id, maintenance.get(id)?.length ?? 0)
      }
    })
  }
  expect(await turnsDuring(start())).toBeGreaterThanOrEqual(3)
  onTestFinished(() => follower?.stop())
  expect(heard).toHaveLength(devices)
  expect(new Set(heard)).toEqual(new Set(ids))
  expect(Math.max(...parts)).toBeLessThanOrEqual(250)
  await registry.as('user:siti').maintenance.create(window())
  await follower?.catchUp()
  expect(new Set(windows.values())).toEqual(new Set([1]))
  expect(windows.size).toBe(devices)
})
