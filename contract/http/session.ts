import { z } from 'zod'
import { roles } from '../roles.ts'
import { time } from './fields.ts'

export const roleSchema = z.enum(roles)

export const sessionSchema = z
  .object({
    /** Of a person, a token or a display. */
    username: z.string(),
    role: roleSchema,
    expiresAt: time.nullable(),
    /** Name of the display that this browser is. */
    display: z.string().nullable(),
  })
  .meta({ id: 'Session' })

export type Session = z.infer<typeof sessionSchema>

/** One of the asker's own sessions. */
export const ownSessionSchema = z
  .object({
    id: z.string(),
    createdAt: time,
    /** Kept to the minute. */
    seenAt: time,
    /** Where it was opened; null: not known. */
    address: z.string().nullable(),
    /** What the browser calls itself (User-Agent); null: not known. */
    browser: z.string().nullable(),
    current: z.boolean(),
  })
  .meta({ id: 'OwnSession' })

export type OwnSession = z.infer<typeof ownSessionSchema>

export const ownSessionListSchema = z.object({ items: z.array(ownSessionSchema) })

export const loginSchema = z.object({
  username: z.string().min(1).max(64),
  password: z.string().min(1).max(256),
  /** Of the authenticator, or a recovery code: for whoever has a second factor. */
  code: z.string().max(32).optional(),
})

/** Proved again, as below: whoever finds a page open must not be able to keep the person out. */
export const newPasswordSchema = loginSchema.omit({ username: true }).extend({ newPassword: z.string().max(256) })

/** Proved again: an open session alone must not be able to exchange the second factor. */
export const enrolSchema = loginSchema.omit({ username: true })

/** Shown this once. */
export const enrolmentSchema = z.object({ secret: z.string(), uri: z.string() }).meta({ id: 'Enrolment' })

export const confirmSchema = z.object({ code: z.string().max(32) })

export const recoveryCodesSchema = z.object({ recoveryCodes: z.array(z.string()) }).meta({ id: 'RecoveryCodes' })
