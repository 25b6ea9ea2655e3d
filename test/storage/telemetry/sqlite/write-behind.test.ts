import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { inTransaction, openHotDatabase } from '../../../../storage/telemetry/sqlite/sqlite-open.ts'
import { deferredRows, openWriteBehind, type WriteBehind } from '../../../../storage/telemetry/sqlite/write-behind.ts'
import { tempDir } from '../../../support/system/temp-dir.ts'

interface Opened {
  db: DatabaseSync
  deferred: WriteBehind<'last' | 'highest'>
}

/** Two tables: one in which the later form stands, one in which the higher number does. */
function open(path: string): Opened {
  const db = openHotDatabase(path)
  db.exec('CREATE TABLE IF NOT EXISTS last (key TEXT PRIMARY KEY, form TEXT)')
  db.exec('CREATE TABLE IF NOT EXISTS highest (key TEXT PRIMARY KEY, form INTEGER)')
  const last = db.prepare('INSERT OR REPLACE INTO last VALUES (?, ?)')
  const highest = db.prepare(
    'INSERT INTO highest VALUES (?, ?) ON CONFLICT DO UPDATE SET form = excluded.form WHERE excluded.form > form',
  )
  const deferred = openWriteBehind(db, {
    last: { write: (key, form) => void last.run(key, form) },
    highest: {
      write: (key, form) => void highest.run(key, Number(form)),
      keeps: (known, form) => Number(known) >= Number(form),
    },
  })
  return { db, deferred }
}

/** What a reader beside us, or the next start, makes of table and log together. */
function seen(db: DatabaseSync): { last: Map<string, string>; highest: Map<string, number> } {
  const last = new Map(
    db
      .prepare('SELECT * FROM last')
      .all()
      .map(({ key, form }) => [String(key), String(form)]),
  )
  for (const { key, form } of deferredRows(db, 'last')) last.set(key, form)
  const highest = new Map(
    db
      .prepare('SELECT * FROM highest')
      .all()
      .map(({ key, form }) => [String(key), Number(form)]),
  )
  for (const { key, form } of deferredRows(db, 'highest')) {
    highest.set(key, Math.max(highest.get(key) ?? Number.NEGATIVE_INFINITY, Number(form)))
  }
  return { last, highest }
}

/** So that some turns over the log take one batch, and others several. */
const padding = 'x'.repeat(100_000)

interface Put {
  key: string
  n: number
  long: boolean
}

const formOf = ({ n, long }: Put) => `${n}${long ? padding : ''}`

function putAll({ deferred }: Opened, puts: readonly Put[]): void {
  for (const put of puts) {
    deferred.put('last', put.key, formOf(put))
    deferred.put('highest', put.key, String(put.n))
  }
}

function noteAll({ last, highest }: ReturnType<typeof seen>, puts: readonly Put[]): void {
  for (const put of puts) {
    last.set(put.key, formOf(put))
    highest.set(put.key, Math.max(highest.get(put.key) ?? 0, put.n))
  }
}

test('table and log together say at every moment what was put, whenever the process dies', () => {
  const put = fc.record({ key: fc.nat(49).map(String), n: fc.nat(9), long: fc.boolean() })
  const puts = fc.array(put, { maxLength: 30 })
  const end = fc.constantFrom('goes on', 'goes on', 'dies', 'dies before COMMIT', 'finishes')
  fc.assert(
    fc.property(fc.array(fc.record({ puts, end }), { maxLength: 25 }), (batches) => {
      const path = join(tempDir(), 'hot.db')
      const expected = { last: new Map<string, string>(), highest: new Map<string, number>() }
      let opened = open(path)
      for (const batch of batches) {
        opened.db.exec('BEGIN')
        putAll(opened, batch.puts)
        opened.deferred[batch.end === 'finishes' ? 'finish' : 'flush']()
        if (batch.end !== 'dies before COMMIT') {
          opened.db.exec('COMMIT')
          noteAll(expected, batch.puts)
        }
        if (batch.end.startsWith('dies')) {
          opened.db.close()
          opened = open(path)
        }
        expect(seen(opened.db)).toEqual(expected)
      }
      inTransaction(opened.db, opened.deferred.finish)
      expect(opened.db.prepare('SELECT count(*) AS n FROM deferred').get()).toEqual({ n: 0 })
      expect(seen(opened.db)).toEqual(expected)
      opened.db.close()
    }),
    { numRuns: 60 },
  )
})

test('the log stays small while the same rows change again and again, and their tables follow once it is quiet', () => {
  const { db, deferred } = open(join(tempDir(), 'hot.db'))
  const keys = Array.from({ length: 500 }, (_, n) => `device-${n}`)
  const logRows = () => Number(db.prepare('SELECT count(*) AS n FROM deferred').get()?.n)
  let most = 0
  for (let n = 0; n < 400; n += 1) {
    for (const key of keys) deferred.put('last', key, `${n} ${'y'.repeat(300)}`)
    inTransaction(db, deferred.flush)
    most = Math.max(most, logRows())
  }
  // Twice 8 MB in rows of 150 KB.
  expect(most).toBeLessThan(130)
  for (let n = 0; n < 200 && logRows() > 0; n += 1) inTransaction(db, deferred.flush)
  expect(logRows()).toBe(0)
  expect(db.prepare("SELECT count(*) AS n FROM last WHERE form LIKE '399 %'").get()).toEqual({ n: 500 })
  db.close()
})

test('a batch that touches a great part of all rows is written in place', () => {
  const { db, deferred } = open(join(tempDir(), 'hot.db'))
  for (let n = 0; n < 2000; n += 1) deferred.put('last', `device-${n}`, 'new')
  inTransaction(db, deferred.flush)
  expect(db.prepare('SELECT count(*) AS n FROM deferred').get()).toEqual({ n: 0 })
  expect(db.prepare('SELECT count(*) AS n FROM last').get()).toEqual({ n: 2000 })
  db.close()
})
