import { Buffer } from 'node:buffer'
import type { DatabaseSync } from 'node:sqlite'
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'

/** How a row of a table is written, and which form of it stands. */
export interface DeferredTable {
  write(key: string, form: string): void
  /** True where the form that is known stays; without it the later form stands. */
  keeps?(known: string, form: string): boolean
}

/**
 * Rows of which many change with every batch, each on another page of its table. In place, a batch of 150 readings
 * rewrites 170 pages of 4 KiB to change 20 KB. So the rows of a batch go, in their new form, into one compressed row of
 * `deferred`, in the batch's own transaction, and to their tables little by little. Table and log together are always
 * exact: a log row goes only when each of its rows stands in its table or, newer, in a later log row.
 */
export interface WriteBehind<Name extends string> {
  /** Neither key nor form holds a tab or a line end. */
  put(table: Name, key: string, form: string): void
  /** Writes what was put since the last flush; belongs into the caller's transaction. */
  flush(): void
  /** Brings all tables up to date and empties the log. */
  finish(): void
}

/** In one batch: so many rows lie close enough on their pages to be written in place. */
const maxLoggedRows = 1000
/** A turn over all waiting rows takes about so many bytes of log; a start reads twice as many, within 0.2 s. */
const turnBytes = 8 * 1024 * 1024
const minAtOnce = 16
const fastest = { params: { [constants.ZSTD_c_compressionLevel]: 1 } }

const schema = 'CREATE TABLE IF NOT EXISTS deferred (id INTEGER PRIMARY KEY, body BLOB NOT NULL)'

export function openWriteBehind<Name extends string>(
  db: DatabaseSync,
  tables: Record<Name, DeferredTable>,
): WriteBehind<Name> {
  db.exec(schema)
  const insert = db.prepare('INSERT INTO deferred (id, body) VALUES (?, ?)')
  const remove = db.prepare('DELETE FROM deferred WHERE id <= ?')
  let fresh = new Map<string, string>()
  /** Put since the present turn began. */
  let waiting = new Map<string, string>()
  /** Of the present turn. */
  let turn = new Map<string, string>()
  let turnRows = 0
  /** The log rows that the present turn makes needless. */
  let turnUpTo = 0
  let lastId = Number(db.prepare('SELECT ifnull(max(id), 0) AS id FROM deferred').get()?.id)

  function write(row: string, form: string): void {
    const [table, key] = splitRow(row)
    // Written under the name of one of these tables.
    tables[table as Name].write(key, form)
  }

  /** Returns the bytes of what was logged. */
  function log(): number {
    if (fresh.size === 0) return 0
    let text = ''
    for (const [row, form] of fresh) {
      text += `${row}\t${form}\n`
      waiting.set(row, form)
    }
    fresh = new Map()
    lastId += 1
    insert.run(lastId, zstdCompressSync(Buffer.from(text), fastest))
    return text.length
  }

  function beginTurn(): void {
    turn = waiting
    waiting = new Map()
    turnRows = turn.size
    turnUpTo = lastId
  }

  function goOn(bytes: number): void {
    if (turn.size === 0) beginTurn()
    let left = Math.max(minAtOnce, Math.ceil((turnRows * bytes) / turnBytes))
    for (const [row, form] of turn) {
      if (left === 0) return
      left -= 1
      turn.delete(row)
      // What was put again since stands in a later log row.
      if (!waiting.has(row)) write(row, form)
    }
    remove.run(turnUpTo)
  }

  function finish(): void {
    for (const [row, form] of new Map([...turn, ...waiting, ...fresh])) write(row, form)
    turn = new Map()
    waiting = new Map()
    fresh = new Map()
    remove.run(lastId)
  }

  function put(table: Name, key: string, form: string): void {
    const row = `${table}\t${key}`
    const known = fresh.get(row) ?? waiting.get(row) ?? turn.get(row)
    if (known === undefined || tables[table].keeps?.(known, form) !== true) fresh.set(row, form)
  }

  // A process that died has left it: what stands there is newer than what stands in the tables.
  for (const { table, key, form } of readLog(db)) if (table in tables) put(table as Name, key, form)

  return {
    put,
    flush() {
      if (fresh.size > maxLoggedRows) finish()
      else goOn(log())
    },
    finish,
  }
}

/** The rows of one table that have not reached it yet; a later one of the same key is the newer. */
export function* deferredRows(db: DatabaseSync, name: string): Generator<{ key: string; form: string }> {
  for (const { table, key, form } of readLog(db)) if (table === name) yield { key, form }
}

function* readLog(db: DatabaseSync): Generator<{ table: string; key: string; form: string }> {
  const made = db.prepare("SELECT count(*) AS n FROM sqlite_master WHERE name = 'deferred'").get()
  if (made?.n !== 1) return
  for (const { body } of db.prepare('SELECT body FROM deferred ORDER BY id').iterate()) {
    if (!(body instanceof Uint8Array)) continue
    for (const line of zstdDecompressSync(body).toString().split('\n')) {
      if (line === '') continue
      const [table, rest] = splitRow(line)
      const [key, form] = splitRow(rest)
      yield { table, key, form }
    }
  }
}

function splitRow(text: string): [string, string] {
  const at = text.indexOf('\t')
  return [text.slice(0, at), text.slice(at + 1)]
}
