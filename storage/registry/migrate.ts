import { sql } from 'kysely'
import type { Migration } from './area.ts'
import * as areas from './areas.ts'
import type { RegistryEngine } from './engine.ts'
import type { RegistryDatabase } from './schema.ts'

/** The steps of all areas in their order, those of one version beside each other. */
export function stepsOf(migrations: readonly Migration[]): Migration[][] {
  const newest = Math.max(0, ...migrations.map(({ version }) => version))
  return Array.from({ length: newest }, (_, index) => {
    const step = migrations.filter(({ version }) => version === index + 1)
    const names = new Set(step.map(({ name }) => name))
    if (names.size !== 1) throw new Error(`migration ${index + 1} must be one, not: ${[...names].join(', ') || 'none'}`)
    return step
  })
}

const steps = stepsOf(Object.values(areas).flatMap(({ migrations }) => migrations))

/** Brings the tables up to date, in one transaction. @throws where a newer release made them. */
export async function migrate({ db, dialect, place }: RegistryEngine): Promise<void> {
  await sql`create table if not exists schema_version (version integer not null)`.execute(db)
  if ((await schemaVersion(db)) === steps.length) return
  await db.transaction().execute(async (transaction) => {
    const version = await schemaVersion(transaction)
    if (version > steps.length) throw new Error(`${place} was written by a newer release of this software`)
    for (const migration of steps.slice(version).flat()) await migration.up(transaction, dialect)
    await sql`delete from schema_version`.execute(transaction)
    await sql`insert into schema_version (version) values (${steps.length})`.execute(transaction)
  })
}

async function schemaVersion(db: RegistryDatabase): Promise<number> {
  const { rows } = await sql<{ version: number }>`select version from schema_version`.execute(db)
  return rows[0]?.version ?? 0
}
