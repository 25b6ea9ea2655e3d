import { z } from 'zod'
import { aggregations } from '../metrics.ts'
import { kindSchema } from '../topics.ts'

/** What a page must know before it draws anything. */
export const siteInfoSchema = z.object({
  name: z.string(),
  timeZone: z.string(),
  version: z.string(),
  build: z.string(),
})

/** Names for people, in both languages of the pages. */
const labelSchema = z.object({ id: z.string(), en: z.string() })

/** The dictionary of metrics, as pages need it. */
export const metricInfoSchema = z
  .object({
    unit: z.string(),
    label: labelSchema,
    type: z.enum(['gauge', 'counter', 'boolean']),
    min: z.number(),
    max: z.number(),
    decimals: z.int(),
    aggregate: z.enum(aggregations),
  })
  .meta({ id: 'MetricInfo' })

export const metricDictionarySchema = z.record(z.string(), metricInfoSchema)

export const profileInfoSchema = z
  .object({
    id: z.string(),
    kind: kindSchema,
    label: labelSchema,
    marker: z.string(),
    moving: z.boolean(),
    expectedS: z.number().positive(),
    /** Most telling first. */
    metrics: z.array(z.string()),
  })
  .meta({ id: 'ProfileInfo' })

export const profileListSchema = z.object({ items: z.array(profileInfoSchema) })
