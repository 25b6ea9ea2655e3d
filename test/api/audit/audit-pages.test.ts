import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test } from 'vitest'
import { openRegistry } from '../../../storage/registry/registry.ts'
import { tempDir } from '../../support/system/temp-dir.ts'

const records = 20_000
const startMs = Date.UTC(2026, 10, 21)

/** A log of which every 5,000th record is of another kind, by another person. */
async function longLog() {
  const file = join(tempDir(), 'registry.db')
  const registry = await openRegistry({ file, pepper: randomBytes(32) })
  onTestFinished(() => registry.close())
  const db = new DatabaseSync(file)
  db.exec(`with recursive numbers(n) as (select 1 union all select n + 1 from numbers where n < ${records})
    insert into audit (seq, at_ms, actor, action, target, detail, previous, hash, signature)
    select n, ${startMs} + n, iif(n % 5000 = 1, 'system:api', 'user:siti'),
      iif(n % 5000 = 1, 'data.lost', 'device.changed'), null, '{}', x'00', x'00', x'00' from numbers`)
  db.close()
  return registry.audit
}

const rare = [15_001, 10_001, 5001, 1]

test.each([
  ['an action', { action: 'data.lost' as const }, rare],
  ['a person', { actor: 'system:api' }, rare],
  ['a sort of person', { actor: 'system' }, rare],
  ['an action before a record', { action: 'data.lost' as const, beforeSeq: 15_001 }, rare.slice(1)],
  ['a time', { fromMs: startMs + 4, toMs: startMs + 6 }, [5, 4]],
  ['nothing that there is', { action: 'display.paired' as const }, []],
])('the log is looked through for %s to its beginning, newest first', async (_what, page, found) => {
  const audit = await longLog()
  expect((await audit.list({ ...page, limit: 500 })).map(({ seq }) => seq)).toEqual(found)
})

test('the log is looked through a little at a time, and no further than was asked for', async () => {
  const audit = await longLog()
  let turns = 0
  const count = () => {
    turns += 1
    counting = setImmediate(count)
  }
  let counting = setImmediate(count)
  expect((await audit.list({ action: 'data.lost', limit: 1 })).map(({ seq }) => seq)).toEqual([15_001])
  const near = turns
  await audit.list({ action: 'display.paired', limit: 1 })
  clearImmediate(counting)
  expect(near).toBeLessThan(4)
  expect(turns - near).toBeGreaterThanOrEqual(records / 5000)
  expect((await audit.list({ limit: 3 })).map(({ seq }) => seq)).toEqual([20_000, 19_999, 19_998])
})
