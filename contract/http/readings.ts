import { z } from 'zod'
import { manualLimits } from '../manual.ts'
import { aggregations } from '../metrics.ts'
import { answeringEngines, missingReasons } from '../ports/telemetry.ts'
import { roles } from '../roles.ts'
import { deviceIdSchema } from '../topics.ts'
import { instant, plainText, time } from './fields.ts'

/** `60s`, `10m`, `1h`, `1d` */
const everySchema = z.string().regex(/^\d{1,6}(s|m|h|d)$/, 'a number and s, m, h or d: 60s, 10m, 1h')

export const readingsQuerySchema = z.object({
  /** Default: 24 h before `to`. */
  from: instant.optional(),
  /** Default: now. Excluded. */
  to: instant.optional(),
  /** Names, comma-separated; all when absent. */
  metrics: z.string().max(1000).optional(),
  every: everySchema.optional(),
  format: z.enum(['json', 'csv']).optional().meta({
    description: 'For a link in a browser, which cannot choose its `Accept`; that one decides when this is absent',
  }),
  aggregate: z.enum(aggregations).optional().meta({
    description:
      'How values of a bucket join; with `every` only. When absent each metric joins as the dictionary says (`aggregate` in /api/v1/metrics): a counter by max, a direction or a switch by last, a count by sum',
  }),
})

const pointSchema = z.tuple([z.number(), z.number()])

const numbersSchema = z.record(z.string(), z.number())

const manualSchema = z
  .object({
    at: time.meta({ description: 'When it was read, as the person says' }),
    role: z.enum(roles).meta({ description: 'Role of the author' }),
    author: z.string().optional().meta({ description: 'User name; not for a wall that everybody sees' }),
    note: z.string().optional().meta({ description: 'Not for a wall' }),
    metrics: numbersSchema,
  })
  .meta({ id: 'ManualReading' })

const enteredValue = z.union([z.number(), z.boolean()], { error: 'must be a number, or true or false' })

/** One reading by hand, flat as a device sends it, or with its values in `metrics`. */
export const newManualSchema = z
  .object({
    ts: z
      .union([z.iso.datetime({ offset: true }), z.int()])
      .optional()
      .meta({
        description: 'When it was read: RFC 3339 with zone, or ms since 1970. Default: now',
      }),
    note: plainText(0, manualLimits.noteChars).optional(),
    metrics: z.record(z.string(), enteredValue).optional(),
    status: z.string().max(64).optional().meta({ description: 'Refused: what is out of order goes into maintenance' }),
  })
  .catchall(enteredValue)
  .meta({ id: 'NewManualReading' })
export type NewManual = z.infer<typeof newManualSchema>

export const enteredManualSchema = manualSchema
  .extend({ deviceId: deviceIdSchema })
  .meta({ id: 'EnteredManualReading' })

export const readingsSchema = z
  .object({
    deviceId: deviceIdSchema,
    from: time,
    to: time,
    every: everySchema.nullable(),
    engine: z.enum(answeringEngines).meta({
      description: 'The store that answered: the configured one where it lacks nothing; both where each had something',
    }),
    metrics: z.record(z.string(), z.array(pointSchema)),
    positions: z.array(z.tuple([z.number(), z.number(), z.number()])).optional(),
    manual: z
      .array(manualSchema)
      .optional()
      .meta({
        description:
          'Readings that persons took by eye, oldest first; they are in no point and no bucket of `metrics`. In CSV: lines of ' +
          'their own, with the columns `source` (measured, manual) and `author`',
      }),
    nextFrom: time.optional().meta({
      description:
        'Only where the answer was cut, after 50,000 raw rows or 400,000 points: `from` of the next question. With `every` it ' +
        'is the beginning of a bucket, so that none is cut in two. In CSV: the header `Link: …; rel="next"`',
    }),
    incomplete: z
      .array(z.object({ from: time, to: time, reason: z.enum(missingReasons) }))
      .optional()
      .meta({
        description:
          'Spans of which readings may be missing. let-go: past retention or disk budget, and in no other store; ' +
          'not-forwarded: let go here, and InfluxDB refused or was not sent some; store-down: only InfluxDB has them',
      }),
  })
  .meta({ id: 'Readings' })

export type Readings = z.infer<typeof readingsSchema>
