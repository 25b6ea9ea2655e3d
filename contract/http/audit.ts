import { z } from 'zod'
import { auditActions } from './audit-actions.ts'

export type { AuditAction } from './audit-actions.ts'

/** Who did it: a person, a token, a display, a device, the operating system's user at the command line, or a part of ours. */
export const actorKinds = ['user', 'token', 'display', 'device', 'cli', 'system'] as const
export type Actor = `${(typeof actorKinds)[number]}:${string}`

const time = z.iso.datetime()
const hex = z.string().regex(/^[0-9a-f]{64}$/)

export const auditRecordSchema = z
  .object({
    /** 1, 2, 3 … without a gap. */
    seq: z.int(),
    at: time,
    actor: z.string(),
    action: z.string(),
    target: z.string().nullable(),
    detail: z.record(z.string(), z.unknown()),
    /** SHA-256 over this record and the hash of the one before. */
    hash: hex,
  })
  .meta({ id: 'AuditRecord' })
export type AuditRecord = z.infer<typeof auditRecordSchema>

export const auditListSchema = z.object({
  /** Newest first. */
  items: z.array(auditRecordSchema),
  nextCursor: z.string().nullable(),
  /** Of the whole log: how many records, and the hash of the newest, which stands for all before it. */
  head: z.object({ count: z.int(), hash: hex }).nullable(),
  /** What was last written to the second place. */
  anchor: z.object({ at: time, count: z.int(), head: z.string() }).nullable(),
})
export type AuditList = z.infer<typeof auditListSchema>

export const auditQuerySchema = z.object({
  from: time.optional(),
  to: time.optional(),
  /** Whole (`user:siti`), or a kind (`cli`). */
  actor: z.string().max(100).optional(),
  action: z.enum(auditActions).optional(),
  limit: z.coerce.number().int().min(1).max(500).default(100),
  cursor: z
    .string()
    .regex(/^\d{1,15}$/)
    .optional(),
})
