import { closeSync, openSync } from 'node:fs'
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import { Kysely, SqliteDialect, sql } from 'kysely'
import type { RegistryDialect, RegistryEngine } from '../engine.ts'
import type { RegistrySchema } from '../schema.ts'

const busyTimeoutMs = 5000
const keptStatements = 200
/** https://sqlite.org/rescode.html#busy */
const sqliteBusy = 5

/** Opens the registry in one file (made with mode 0600 where there is none). Several processes may have it open at once. */
export async function openSqliteRegistry(file: string): Promise<RegistryEngine> {
  closeSync(openSync(file, 'a', 0o600))
  const raw = new DatabaseSync(file, { timeout: busyTimeoutMs })
  raw.exec('pragma journal_mode = wal; pragma synchronous = full')
  const db = new Kysely<RegistrySchema>({ dialect: new SqliteDialect({ database: betterSqlite3Shape(raw) }) })

  /** Moves with every commit of another connection. */
  async function dataVersion(): Promise<number> {
    const { rows } = await sql<{ data_version: number }>`pragma data_version`.execute(db)
    return rows[0]?.data_version ?? 0
  }

  return {
    place: file,
    db,
    dialect,
    versionOfOthers: async () => String(await dataVersion()),
    async changeMark() {
      const { rows } = await sql<{ own: number }>`select total_changes() as own`.execute(db)
      return `${await dataVersion()} ${rows[0]?.own ?? 0}`
    },
    isBusy: (error) => error instanceof Error && 'errcode' in error && error.errcode === sqliteBusy,
    close: () => db.destroy(),
  }
}

const dialect: RegistryDialect = {
  types: { bytes: 'blob', double: 'real' },
  numbered: (column) => column.primaryKey().autoIncrement(),
  async appendOnly(db, table, words) {
    for (const change of ['update', 'delete']) {
      await sql`create trigger ${sql.id(`${table}_no_${change}`)} before ${sql.raw(change)} on ${sql.table(table)}
        begin select raise(abort, ${sql.lit(words)}); end`.execute(db)
    }
  },
}

/** `node:sqlite` with the few members of better-sqlite3 that Kysely's dialect calls. */
function betterSqlite3Shape(raw: DatabaseSync) {
  const statements = new Map<string, ReturnType<typeof statementShape>>()
  return {
    close: () => raw.close(),
    prepare(text: string) {
      // A deferred transaction that reads before it writes fails with SQLITE_BUSY at once, without waiting, when
      // another process has written in between; https://sqlite.org/isolation.html
      const statement = statements.get(text) ?? statementShape(raw.prepare(text === 'begin' ? 'begin immediate' : text))
      if (statements.size < keptStatements) statements.set(text, statement)
      return statement
    },
  }
}

function statementShape(statement: StatementSync) {
  // Kysely hands over what our own typed queries bound: strings, numbers, null and bytes.
  const bound = (parameters: readonly unknown[]) => parameters as SQLInputValue[]
  return {
    reader: statement.columns().length > 0,
    all: (parameters: readonly unknown[]) => statement.all(...bound(parameters)),
    run: (parameters: readonly unknown[]) => statement.run(...bound(parameters)),
    iterate: (parameters: readonly unknown[]) => statement.iterate(...bound(parameters)),
  }
}
