import type { DatabaseSync } from 'node:sqlite'

/** Adds a column to a table of an earlier release, as `name TYPE NOT NULL DEFAULT …`, unless it has it. */
export function addColumn(db: DatabaseSync, table: string, column: string): void {
  const [name] = column.split(' ')
  const found = db.prepare('SELECT name FROM pragma_table_info(?)').all(table)
  if (!found.some((one) => one.name === name)) db.exec(`ALTER TABLE ${table} ADD COLUMN ${column}`)
}
