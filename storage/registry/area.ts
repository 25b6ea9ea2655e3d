import type { Actor } from '../../contract/http/audit.ts'
import type { OwnTurn } from '../own-turn.ts'
import type { AuditLog, NoteChange } from './audit/audit-log.ts'
import type { AuditSigner } from './audit/signer.ts'
import type { RegistryDialect } from './engine.ts'
import type { RegistryDatabase } from './schema.ts'
import type { RegistryWatch } from './watch.ts'

/** One step of the tables. A step that has been released is never edited, only followed by another. */
export interface Migration {
  /** Its place among the steps of all areas, from 1 on without a gap; the next free one for a new step. */
  version: number
  /** Two areas may share a version only as parts of one step, by its name. */
  name: string
  up(db: RegistryDatabase, dialect: RegistryDialect): Promise<void>
}

/** Who changes something: each change is noted in the audit as theirs, in the transaction that makes it. */
export interface Writer {
  actor: Actor
  note: NoteChange
}

/** What the registry lends to its areas. */
export interface AreaParts {
  db: RegistryDatabase
  now: () => number
  turn: OwnTurn
  /** 32 secret bytes, kept apart from the database. */
  pepper: Uint8Array
  audit: AuditLog
  auditSigner: AuditSigner
  changes: RegistryWatch
  settings: RegistrySettings
  /** Where nobody else is named. */
  own: Writer
}

export interface RegistrySettings {
  /** Names the area of a device that was registered with a position only. */
  areaAt: (lat: number, lon: number) => string | null | undefined
  /** How long a device's key works on after it got a new one; 0: not at all. */
  keyOverlapMs: number
  /** Devices with ids of simulated ones may be registered and sign in. */
  allowSimulated: boolean
  /** First levels of every topic; absent: a filter of a service token may begin with any. */
  topicRoot?: string | undefined
  /** What authenticators call the command centre, and names of the city, of which no password is made. */
  city: { brand: string; names: readonly string[] }
}

/**
 * A part of the registry that a folder holds: its tables, the steps that make them, and the members that it gives to the
 * registry. `areas.ts` lists them.
 */
export interface Area<Tables extends object, Writers extends object, Members extends object> {
  /** A type only: rows of its tables by their names. */
  readonly tables?: Tables
  migrations: readonly Migration[]
  open(parts: AreaParts): OpenArea<Writers, Members>
}

export interface OpenArea<Writers extends object, Members extends object> {
  /** What changes it, as that of one writer. */
  writers(who: Writer): Writers
  /** Everything else: what reads, proves or follows. */
  members: Members
}
