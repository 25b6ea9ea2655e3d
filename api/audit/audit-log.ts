import type { Kysely, Transaction } from 'kysely'
import type { Actor, AuditAction } from '../../contract/audit.ts'
import type { RegistrySchema } from '../registry/schema.ts'
import { type AuditRow, genesis, hashOf } from './record.ts'
import type { AuditSigner } from './signer.ts'

/** What happened, without who and when. */
export interface AuditEntry {
  action: AuditAction
  /** What it happened to: an id of a device, a name of a person. */
  target?: string
  /** Small, and never a secret. */
  detail?: Record<string, unknown>
}

type Writing = Transaction<RegistrySchema>

/** Notes a change in the transaction that makes it: both are kept, or neither. */
export type NoteChange = (transaction: Writing, entry: AuditEntry) => Promise<void>

export interface AuditPage {
  fromMs?: number
  toMs?: number
  actor?: string
  action?: AuditAction
  /** Only records older than this one. */
  beforeSeq?: number
  limit: number
}

export interface AuditHead {
  count: number
  hash: Uint8Array
}

export interface AuditLog {
  /** Appends within a transaction that changes something. Several processes may append to the same log. */
  note(transaction: Writing, actor: Actor, entry: AuditEntry): Promise<void>
  /** Appends what changes nothing else here. */
  append(actor: Actor, entry: AuditEntry): Promise<void>
  /** Newest first. */
  list(page: AuditPage): Promise<AuditRow[]>
  head(): Promise<AuditHead | undefined>
  at(seq: number): Promise<AuditRow | undefined>
  /** In order, from this record on. */
  after(seq: number, limit: number): Promise<AuditRow[]>
}

export interface AuditLogParts {
  db: Kysely<RegistrySchema>
  signer: AuditSigner
  now: () => number
}

const mostTargetLength = 200
const mostDetailBytes = 4096

export function createAuditLog({ db, signer, now }: AuditLogParts): AuditLog {
  async function note(transaction: Writing, actor: Actor, entry: AuditEntry): Promise<void> {
    const last = await newest(transaction)
    const row = {
      seq: (last?.seq ?? 0) + 1,
      at_ms: now(),
      actor: plain(actor),
      action: entry.action,
      target: entry.target === undefined ? null : plain(entry.target),
      detail: detailText(entry.detail),
      previous: last?.hash ?? genesis,
    }
    const hash = hashOf(row)
    const signature = signer.sign(hash)
    await transaction
      .insertInto('audit')
      .values({ ...row, hash, signature })
      .execute()
  }

  return {
    note,
    append: (actor, entry) => db.transaction().execute((transaction) => note(transaction, actor, entry)),
    list({ fromMs, toMs, actor, action, beforeSeq, limit }) {
      let query = db.selectFrom('audit').selectAll().orderBy('seq', 'desc').limit(limit)
      if (fromMs !== undefined) query = query.where('at_ms', '>=', fromMs)
      if (toMs !== undefined) query = query.where('at_ms', '<', toMs)
      if (actor?.includes(':')) query = query.where('actor', '=', actor)
      else if (actor !== undefined) query = query.where('actor', '>=', `${actor}:`).where('actor', '<', `${actor};`)
      if (action !== undefined) query = query.where('action', '=', action)
      if (beforeSeq !== undefined) query = query.where('seq', '<', beforeSeq)
      return query.execute()
    },
    async head() {
      const last = await newest(db)
      return last === undefined ? undefined : { count: last.seq, hash: last.hash }
    },
    at: (seq) => db.selectFrom('audit').selectAll().where('seq', '=', seq).executeTakeFirst(),
    after: (seq, limit) =>
      db.selectFrom('audit').selectAll().where('seq', '>', seq).orderBy('seq').limit(limit).execute(),
  }
}

function newest(db: Kysely<RegistrySchema>): Promise<Pick<AuditRow, 'seq' | 'hash'> | undefined> {
  return db.selectFrom('audit').select(['seq', 'hash']).orderBy('seq', 'desc').limit(1).executeTakeFirst()
}

/** As SQLite gives it back: half a surrogate pair would come back as another character, and look tampered with. */
function plain(text: string): string {
  return text.slice(0, mostTargetLength).toWellFormed()
}

function detailText(detail: Record<string, unknown> = {}): string {
  const text = JSON.stringify(detail)
  return Buffer.byteLength(text) <= mostDetailBytes ? text : JSON.stringify({ tooLong: Buffer.byteLength(text) })
}
