import { statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test } from 'vitest'
import { isDamage, isDamageOfOwn } from '../../storage/damage.ts'
import { tempDir } from '../support/system/temp-dir.ts'

/** A file with a row over many pages, of which the last ones are read past SQLite's cache. */
function written(): string {
  const path = join(tempDir(), 'one.db')
  const db = new DatabaseSync(path)
  db.exec('CREATE TABLE t (id INTEGER PRIMARY KEY, body BLOB)')
  db.prepare('INSERT INTO t (body) VALUES (?)').run(Buffer.alloc(200_000, 7))
  db.close()
  return path
}

function faultOf(path: string, sql: string): unknown {
  const db = new DatabaseSync(path, { open: false })
  onTestFinished(() => void (db.isOpen && db.close()))
  try {
    db.open()
    db.prepare(sql).all()
  } catch (error) {
    return error
  }
  throw new Error('there was no fault')
}

const wholeRow = 'SELECT * FROM t'

test('a file that ends in the middle of a page, one that is none, and one with pages of something else are damaged', () => {
  const cut = written()
  truncateSync(cut, statSync(cut).size - 1000)
  const none = written()
  writeFileSync(none, Buffer.alloc(50_000, 'x'))
  const other = written()
  writeFileSync(other, Buffer.alloc(4096, 0xff), { flag: 'r+' })
  for (const path of [cut, none, other]) expect(isDamage(faultOf(path, wholeRow)), path).toBe(true)
})

test('what passes, and a fault in what was asked, is no damage; of a statement of ours the latter is', () => {
  const path = written()
  const busy = new DatabaseSync(path)
  onTestFinished(() => busy.close())
  busy.exec('BEGIN EXCLUSIVE')
  const locked = faultOf(path, wholeRow)
  expect([isDamage(locked), isDamageOfOwn(locked)]).toEqual([false, false])
  busy.exec('ROLLBACK')
  const missing = faultOf(path, 'SELECT * FROM not_there')
  expect([isDamage(missing), isDamageOfOwn(missing)]).toEqual([false, true])
  const away = faultOf(join(path, 'no-folder'), wholeRow)
  expect([isDamage(away), isDamageOfOwn(away)]).toEqual([false, false])
  expect([new Error('of ours'), undefined, null].map(isDamageOfOwn)).toEqual([false, false, false])
})
