import { z } from 'zod'
import { aggregations } from '../metrics.ts'
import { kindSchema } from '../topics.ts'
import { commandSpecSchema } from './commands.ts'

/** What a page must know before it draws anything. */
export const siteInfoSchema = z.object({
  /** Of the city; empty where its folder does not say. */
  name: z.string(),
  /** Of the command centre. */
  brand: z.string(),
  /** Of the city's bus service. */
  busService: z.string().nullable(),
  /** IANA name. */
  timeZone: z.string(),
  /** What the city's people call its time now: `WIB`, `WITA`, `WIT`; elsewhere `GMT+5:45`. */
  timeZoneName: z.string(),
  topicRoot: z.string(),
  /** Ports of MQTT; `null` until the broker has told. */
  mqtt: z.object({ port: z.int(), tlsPort: z.int().nullable() }).nullable(),
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
    commands: z.array(commandSpecSchema).meta({ description: 'What its devices can be told' }),
  })
  .meta({ id: 'ProfileInfo' })

export const profileListSchema = z.object({ items: z.array(profileInfoSchema) })
