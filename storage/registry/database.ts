import { closeSync, openSync } from 'node:fs'
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import { Kysely, SqliteDialect, sql } from 'kysely'
import { migrations } from './migrations.ts'
import type { RegistrySchema } from './schema.ts'

export type RegistryDatabase = Kysely<RegistrySchema>

const busyTimeoutMs = 5000
const keptStatements = 200

/**
 * Opens the registry's SQLite file (made with mode 0600 where there is none) and brings its tables up to date.
 * Several processes may have it open at once.
 */
export async function openDatabase(file: string): Promise<RegistryDatabase> {
  closeSync(openSync(file, 'a', 0o600))
  const raw = new DatabaseSync(file, { timeout: busyTimeoutMs })
  raw.exec('pragma journal_mode = wal; pragma synchronous = full')
  const db = new Kysely<RegistrySchema>({ dialect: new SqliteDialect({ database: betterSqlite3Shape(raw) }) })
  try {
    await migrate(db, file)
  } catch (error) {
    await db.destroy()
    throw error
  }
  return db
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

async function migrate(db: RegistryDatabase, file: string): Promise<void> {
  await sql`create table if not exists schema_version (version integer not null)`.execute(db)
  if ((await schemaVersion(db)) === migrations.length) return
  await db.transaction().execute(async (transaction) => {
    const version = await schemaVersion(transaction)
    if (version > migrations.length) throw new Error(`${file} was written by a newer release of this software`)
    for (const migration of migrations.slice(version)) await migration(transaction)
    await sql`delete from schema_version`.execute(transaction)
    await sql`insert into schema_version (version) values (${migrations.length})`.execute(transaction)
  })
}

async function schemaVersion(db: RegistryDatabase): Promise<number> {
  const { rows } = await sql<{ version: number }>`select version from schema_version`.execute(db)
  return rows[0]?.version ?? 0
}
