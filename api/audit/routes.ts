import type { z } from 'zod'
import { abilities } from '../../contract/abilities.ts'
import { type AuditRecord, auditListSchema, auditQuerySchema } from '../../contract/http/audit.ts'
import { iso } from '../../contract/time.ts'
import type { AuditLog } from '../../storage/registry/audit/audit-log.ts'
import type { AuditRow } from '../../storage/registry/audit/record.ts'
import { defineRoute, type Route, v1 } from '../http/route.ts'

export interface AuditRouteParts {
  audit: AuditLog
  lastAnchor: () => z.output<typeof auditListSchema>['anchor']
}

/** Reading only: there is no way to change or remove a record. */
export function auditRoutes({ audit, lastAnchor }: AuditRouteParts): Route[] {
  return [
    defineRoute({
      method: 'get',
      path: `${v1}/audit`,
      tag: 'audit',
      summary: 'Who did what, newest first',
      access: abilities.audit,
      input: { query: auditQuerySchema },
      answer: auditListSchema,
      async handle({ query: { from, to, actor, action, limit, cursor } }) {
        const rows = await audit.list({
          limit: limit + 1,
          ...(from !== undefined && { fromMs: Date.parse(from) }),
          ...(to !== undefined && { toMs: Date.parse(to) }),
          ...(actor !== undefined && { actor }),
          ...(action !== undefined && { action }),
          ...(cursor !== undefined && { beforeSeq: Number(cursor) }),
        })
        const page = rows.slice(0, limit)
        const last = rows.length > limit ? page.at(-1) : undefined
        const head = await audit.head()
        return {
          items: page.map(recordView),
          nextCursor: last === undefined ? null : String(last.seq),
          head: head === undefined ? null : { count: head.count, hash: hex(head.hash) },
          anchor: lastAnchor(),
        }
      },
    }),
  ]
}

function recordView({ seq, at_ms, actor, action, target, detail, hash }: AuditRow): AuditRecord {
  return { seq, at: iso(at_ms), actor, action, target, detail: objectOf(detail), hash: hex(hash) }
}

/** A record that somebody tampered with must not keep the others from being read. */
function objectOf(detail: string): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(detail)
    if (typeof parsed === 'object' && parsed !== null) return { ...parsed }
  } catch {}
  return { unreadable: detail }
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
