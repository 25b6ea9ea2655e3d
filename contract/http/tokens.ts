import { z } from 'zod'
import { tokenRoles } from '../roles.ts'
import { maxFilterBytes, maxTokenFilters } from '../topic-filter.ts'
import { count, time } from './fields.ts'

export const newTokenSchema = z
  .strictObject({
    name: z.string().max(64),
    role: z.enum(tokenRoles),
    days: z.int().min(1).max(3650).optional(),
    filters: z
      .array(z.string().min(1).max(maxFilterBytes))
      .min(1)
      .max(maxTokenFilters)
      .optional()
      .meta({ description: 'Of role `service`, and of no other: MQTT topic filters that it may subscribe beneath' }),
  })
  .meta({ id: 'NewToken' })

export const tokenSchema = z
  .object({
    name: z.string(),
    role: z.enum(tokenRoles),
    createdAt: time,
    expiresAt: time.nullable(),
    usedAt: time.nullable(),
    /** MQTT topic filters of a service; absent: it is none. */
    filters: z.array(z.string()).optional(),
    /** Of a service, since the broker started; absent: it is none. `null`: not known, the broker does not answer. */
    mqtt: z.object({ connections: count, delivered: count, dropped: count }).nullable().optional(),
  })
  .meta({ id: 'Token' })

export type Token = z.infer<typeof tokenSchema>

export const tokenListSchema = z.object({ items: z.array(tokenSchema) })

/** The token is shown this once; only its keyed hash is kept. */
export const createdTokenSchema = z.object({ record: tokenSchema, token: z.string() }).meta({ id: 'CreatedToken' })
