import { z } from 'zod'
import { count, time } from './fields.ts'

/** Displays as the system knows them: paired once by a code, then on their own for years. */

export const displayNameSchema = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, '1 to 64 of a-z, 0-9, ".", "_" and "-"')
export const pairingCodeSchema = z.string().regex(/^\d{6}$/, 'six digits')

/** What a display gets that asks to be paired. The secret stays with it, the code is for people to type elsewhere. */
export const pairingSchema = z
  .object({ id: z.string(), secret: z.string(), code: pairingCodeSchema, expiresAt: time })
  .meta({ id: 'Pairing' })
export type Pairing = z.infer<typeof pairingSchema>

export const claimSchema = z.strictObject({ secret: z.string().max(64) })
/** `approved`: the answer sets the display's cookie. `gone`: too late, or never; begin again. */
export const claimAnswerSchema = z
  .object({ state: z.enum(['waiting', 'approved', 'gone']) })
  .meta({ id: 'PairingClaim' })
export type ClaimAnswer = z.infer<typeof claimAnswerSchema>

export const newDisplaySchema = z
  .strictObject({ name: displayNameSchema, code: pairingCodeSchema })
  .meta({ id: 'NewDisplay' })

/** A page that renews its identity says which live connection is its own, so that this one goes on. */
export const renewalSchema = z.strictObject({ connection: z.string().max(64).optional() }).optional()

/** What a page says of itself every few seconds. */
export const displayReportSchema = z
  .strictObject({
    /** Frames drawn since the page was loaded. */
    frames: z.int().min(0),
    /** Frames a second since the last report. */
    fps: z.number().min(0).max(1000),
    /** How long ago the last frame was painted, ms. */
    paintedAgoMs: z.number().min(0),
    /** Of JavaScript, MB; null where the browser does not tell. */
    heapMb: z.number().min(0).nullable(),
    /** Panels that failed and were started again since the page was loaded. */
    restarts: z.int().min(0),
    build: z.string().max(64),
    /** Path of the page that is shown. */
    screen: z.string().max(128),
    width: z.int().min(1).max(100_000),
    height: z.int().min(1).max(100_000),
  })
  .meta({ id: 'DisplayReport' })
export type DisplayReport = z.infer<typeof displayReportSchema>

/** `live`: it draws. `frozen`: connected, but it draws nothing new. `gone`: not connected. `unknown`: never seen. */
export const displayStates = ['unknown', 'live', 'frozen', 'gone'] as const
export type DisplayState = (typeof displayStates)[number]

export const displaySchema = z
  .object({
    name: z.string(),
    createdAt: time,
    /** When it was last heard. */
    seenAt: time.nullable(),
    state: z.enum(displayStates),
    /** When this state began, as far as is known. */
    stateSince: time.nullable(),
    /** That use its identity. One is usual; of more, the first speaks for it. */
    connections: count,
    report: displayReportSchema.nullable(),
  })
  .meta({ id: 'Display' })
export type Display = z.infer<typeof displaySchema>
export const displayListSchema = z.object({ items: z.array(displaySchema) })
