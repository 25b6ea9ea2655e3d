import { sql } from 'kysely'
import type { Actor, AuditAction } from '../../../contract/http/audit.ts'
import type { OwnTurn } from '../../own-turn.ts'
import type { RegistryDatabase, Writing } from '../schema.ts'
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

/** Notes a change in the transaction that makes it: both are kept, or neither. */
export type NoteChange = (transaction: Writing, entry: AuditEntry) => Promise<void>

export interface AuditQuery {
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
  list(page: AuditQuery): Promise<AuditRow[]>
  head(): Promise<AuditHead | undefined>
  at(seq: number): Promise<AuditRow | undefined>
  /** In order, from this record on. */
  after(seq: number, limit: number): Promise<AuditRow[]>
}

export interface AuditLogParts {
  db: RegistryDatabase
  signer: AuditSigner
  now: () => number
  turn: OwnTurn
}

/** Records of which one query may choose: some ms. The log has no end. */
const lookedThroughAtOnce = 4000
const maxTargetLength = 200
const maxDetailBytes = 4096

export function createAuditLog({ db, signer, now, turn }: AuditLogParts): AuditLog {
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
    async list({ beforeSeq = Number.MAX_SAFE_INTEGER, limit, ...of }) {
      const found: AuditRow[] = []
      let before = Math.min(beforeSeq, ((await newest(db))?.seq ?? 0) + 1)
      while (before > 1 && found.length < limit) {
        const after = before - lookedThroughAtOnce
        const rows = matching(db, of).where('seq', '<', before).where('seq', '>=', after).orderBy('seq', 'desc')
        found.push(...(await rows.limit(limit - found.length).execute()))
        before = after
        if (before > 1 && found.length < limit) await turn()
      }
      return found
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

/** Of the conditions none but a whole name is looked up by its index: all others would read what lies far outside. */
function matching(db: RegistryDatabase, { fromMs, toMs, actor, action }: Omit<AuditQuery, 'beforeSeq' | 'limit'>) {
  let query = db.selectFrom('audit').selectAll()
  if (fromMs !== undefined) query = query.where(sql<number>`at_ms + 0`, '>=', fromMs)
  if (toMs !== undefined) query = query.where(sql<number>`at_ms + 0`, '<', toMs)
  if (actor?.includes(':')) query = query.where('actor', '=', actor)
  else if (actor !== undefined) {
    query = query.where(sql<string>`actor || ''`, '>=', `${actor}:`).where(sql<string>`actor || ''`, '<', `${actor};`)
  }
  return action === undefined ? query : query.where('action', '=', action)
}

function newest(db: RegistryDatabase): Promise<Pick<AuditRow, 'seq' | 'hash'> | undefined> {
  return db.selectFrom('audit').select(['seq', 'hash']).orderBy('seq', 'desc').limit(1).executeTakeFirst()
}

/** As SQLite gives it back: half a surrogate pair would come back as another character, and look tampered with. */
function plain(text: string): string {
  return text.slice(0, maxTargetLength).toWellFormed()
}

function detailText(detail: Record<string, unknown> = {}): string {
  const text = JSON.stringify(detail)
  return Buffer.byteLength(text) <= maxDetailBytes ? text : JSON.stringify({ tooLong: Buffer.byteLength(text) })
}
