import { z } from 'zod'
import { tokenRoles } from '../roles.ts'
import { time } from './fields.ts'

export const newTokenSchema = z
  .strictObject({ name: z.string().max(64), role: z.enum(tokenRoles), days: z.int().min(1).max(3650).optional() })
  .meta({ id: 'NewToken' })

export const tokenSchema = z
  .object({
    name: z.string(),
    role: z.enum(tokenRoles),
    createdAt: time,
    expiresAt: time.nullable(),
    usedAt: time.nullable(),
  })
  .meta({ id: 'Token' })

export type Token = z.infer<typeof tokenSchema>

export const tokenListSchema = z.object({ items: z.array(tokenSchema) })

/** The token is shown this once; only its keyed hash is kept. */
export const createdTokenSchema = z.object({ record: tokenSchema, token: z.string() }).meta({ id: 'CreatedToken' })
