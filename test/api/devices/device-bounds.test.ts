import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test } from 'vitest'
import { maxDevices } from '../../../contract/http/call-limits.ts'
import { maxRemoved } from '../../../storage/registry/devices/removed-devices.ts'
import { openRegistry } from '../../../storage/registry/registry.ts'
import { tempDir } from '../../support/system/temp-dir.ts'

async function registryWithFile() {
  const file = join(tempDir(), 'registry.db')
  const { devices, close } = await openRegistry({ file, pepper: randomBytes(32), now: () => 1000 })
  const db = new DatabaseSync(file)
  onTestFinished(async () => {
    db.close()
    await close()
  })
  const create = async (id: string) => (await devices.create({ id, profile: 'river-gauge' })).device
  return { devices, db, create }
}

test('as many devices are registered as there may be, and one more is refused with what to do', async () => {
  const { devices, db, create } = await registryWithFile()
  await create('d-1')
  const columns = db
    .prepare('pragma table_info(device)')
    .all()
    .map((column) => String(column.name))
  const values = columns.map((column) => {
    if (column === 'id') return "'d-' || n"
    return column.endsWith('key_hash') ? 'NULL' : column
  })
  db.exec(`with recursive numbers(n) as (select 2 union all select n + 1 from numbers where n < ${maxDevices - 1})
    insert into device (${columns}) select ${values} from device, numbers`)
  await create('the-last')
  await expect(create('one-more')).rejects.toMatchObject({
    code: 'too-many-devices',
    message: '20000 devices are registered already: remove one first.',
  })
  await devices.remove('d-7')
  expect((await create('one-more')).id).toBe('one-more')
})

test('of removed devices the last ones are known; where some are forgotten, no old certificate is good', async () => {
  const { devices, db, create } = await registryWithFile()
  const known = () => Number(db.prepare('select count(*) as n from device_removed').get()?.n)
  db.exec(`with recursive numbers(n) as (select 1 union all select n + 1 from numbers where n < ${maxRemoved - 1})
    insert into device_removed (id, changed) select 'gone-' || n, 0 from numbers`)
  await create('d-1')
  await devices.remove('d-1')
  expect(known()).toBe(maxRemoved)
  // Nothing is forgotten yet: what was never there may have a certificate from before.
  expect((await create('new-1')).certificatesFromMs).toBeNull()
  expect((await create('gone-1')).certificatesFromMs).toBe(1000)
  await create('d-2')
  await devices.remove('d-2')
  expect(known()).toBe(maxRemoved)
  expect((await create('new-2')).certificatesFromMs).toBeNull()
  await devices.remove('new-2')
  expect(known()).toBe(maxRemoved)
  expect((await create('new-3')).certificatesFromMs).toBe(1000)
  const told = await devices.changesSince(0)
  expect(told.removed).toContain('new-2')
})
