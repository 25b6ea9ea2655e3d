import { z } from 'zod'

/** Fields that many shapes of the API have. */

export const time = z.iso.datetime().meta({ description: 'RFC 3339, UTC' })
export const latitude = z.number().min(-90).max(90)
export const longitude = z.number().min(-180).max(180)
export const count = z.int().min(0)

/** Of a list that is asked for in pages. */
export const pageSize = (most: number, usual: number) => z.coerce.number().int().min(1).max(most).default(usual)
