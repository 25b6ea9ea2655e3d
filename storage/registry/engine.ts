import type { ColumnDataType, ColumnDefinitionBuilder } from 'kysely'
import type { RegistryDatabase } from './schema.ts'

/** How tables are made in the words of one database. Everything else the areas say in SQL that all of them understand. */
export interface RegistryDialect {
  types: {
    bytes: ColumnDataType
    /** 8 bytes: a position must not move by being kept. */
    double: ColumnDataType
  }
  /** An integer key that numbers rows, and gives no number twice. */
  numbered(column: ColumnDefinitionBuilder): ColumnDefinitionBuilder
  /** Makes the database refuse to change or delete a row of this table, with these words. */
  appendOnly(db: RegistryDatabase, table: string, words: string): Promise<void>
}

/** The registry in one database, open; without tables where it is new. Every engine passes `test/storage/conformance/registry.ts`. */
export interface RegistryEngine {
  /** Where it is, for people; without secrets. */
  place: string
  /**
   * Transactions run one after the other, whichever process begins them: what one has read is still so when it writes.
   * Whole numbers come as numbers, text is ordered by its bytes.
   */
  db: RegistryDatabase
  dialect: RegistryDialect
  /** Another value after any other connection wrote anything. Asked five times a second. */
  versionOfOthers(): Promise<string>
  /** Another value after anybody wrote anything, this connection too. Asked with each request of a person. */
  changeMark(): Promise<string>
  /** Something that may go well the next time: others had the database for too long. */
  isBusy(error: unknown): boolean
  close(): Promise<void>
}
