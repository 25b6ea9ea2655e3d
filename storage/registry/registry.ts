import { dirname, join } from 'node:path'
import type { Actor } from '../../contract/http/audit.ts'
import { dayMs } from '../../contract/time.ts'
import { createOwnTurn } from '../own-turn.ts'
import type { AreaParts, RegistrySettings, Writer } from './area.ts'
import * as areas from './areas.ts'
import { createAuditLog } from './audit/audit-log.ts'
import { createAuditSigner } from './audit/signer.ts'
import type { RegistryEngine } from './engine.ts'
import { openSqliteRegistry } from './engines/sqlite.ts'
import { migrate } from './migrate.ts'
import type { RegistryMembers, RegistryWriters } from './schema.ts'
import { createRegistryWatch, deviceCounter } from './watch.ts'

/** Devices, people and their sessions, displays and so on, by area. Several processes may have the same one open. */
export type Registry = RegistryWriters &
  RegistryMembers & {
    /** The same for somebody else: who it is stands in the audit. */
    as(actor: Actor): RegistryWriters
    /** Another text after any process wrote anything: who keeps what was proved asks this before asking again. */
    changeMark(): Promise<string>
    /** Throws when the database cannot be read. */
    check(): Promise<void>
    close(): Promise<void>
  }

export interface RegistryOptions extends Partial<RegistrySettings> {
  /** SQLite file; made if there is none. The audit's key lies beside it. */
  file: string
  /** Opens another database in the place of the file. */
  openEngine?: () => Promise<RegistryEngine>
  /** 32 secret bytes, kept apart from the file: without them a stolen file proves no device's key. */
  pepper: Uint8Array
  /** Whose changes they are where nobody else is named with `as`. */
  actor?: Actor
  now?: () => number
}

const defaultKeyOverlapDays = 7

export async function openRegistry(options: RegistryOptions): Promise<Registry> {
  const { file, pepper, actor = 'system:registry', now = Date.now } = options
  const { openEngine = () => openSqliteRegistry(file) } = options
  const { areaAt = () => null, keyOverlapMs = defaultKeyOverlapDays * dayMs, allowSimulated = true } = options
  const { city = { brand: 'Command Center', names: [] } } = options
  const engine = await openEngine()
  const { db } = engine
  try {
    await migrate(engine)
  } catch (error) {
    await engine.close()
    throw error
  }
  const changes = createRegistryWatch(engine)
  const turn = createOwnTurn()
  const auditSigner = createAuditSigner(join(dirname(file), 'audit-key'))
  const audit = createAuditLog({ db, signer: auditSigner, now, turn })
  const writer = (who: Actor): Writer => ({
    actor: who,
    note: (transaction, entry) => audit.note(transaction, who, entry),
  })
  const parts: AreaParts = {
    db,
    now,
    turn,
    pepper,
    audit,
    auditSigner,
    changes,
    own: writer(actor),
    settings: { areaAt, keyOverlapMs, allowSimulated, topicRoot: options.topicRoot, city },
  }
  const open = Object.values(areas).map((area) => area.open(parts))

  /** Each area gives members of its own; together they are what `schema.ts` says. */
  function as(who: Actor): RegistryWriters {
    return Object.assign({}, ...open.map(({ writers }) => writers(writer(who)))) as RegistryWriters
  }
  const members = Object.assign({}, ...open.map((area) => area.members)) as RegistryMembers

  return {
    ...as(actor),
    ...members,
    as,
    changeMark: engine.changeMark,
    async check() {
      await deviceCounter(db)
    },
    async close() {
      changes.close()
      await engine.close()
    },
  }
}
