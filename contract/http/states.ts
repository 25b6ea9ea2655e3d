import { z } from 'zod'
import { deviceStates, stateCauses } from '../state.ts'
import { deviceIdSchema } from '../topics.ts'
import { instant, pageSize, time } from './fields.ts'

/** What became of devices over time: their states, their uptime, what they told. */

const format = z.enum(['json', 'csv']).optional().meta({
  description: 'For a link in a browser, which cannot choose its `Accept`; that one decides when this is absent',
})

export const statesQuerySchema = z.object({
  from: instant.optional().meta({ description: 'Default: 24 h before `to`' }),
  to: instant.optional().meta({ description: 'Excluded. Default, and at most: now' }),
  format,
})

const cause = z
  .enum(stateCauses)
  .nullable()
  .meta({
    description:
      'Why; null: nothing is to be said of it. not-watched: nobody could hear the device, since this system did not run, or ' +
      'nothing was kept yet',
  })

export const statePeriodSchema = z
  .object({
    from: time,
    to: time.optional().meta({ description: 'Excluded. Absent: the state lasts' }),
    state: z.enum(deviceStates),
    cause,
    maintenance: z.boolean().meta({ description: 'Somebody worked on the device' }),
  })
  .meta({ id: 'StatePeriod' })

export const statesSchema = z
  .object({
    deviceId: deviceIdSchema,
    from: time,
    to: time,
    items: z.array(statePeriodSchema).meta({ description: 'Oldest first; they fill the span without gap or overlap' }),
    nextFrom: time.optional().meta({
      description: 'Only where the answer was cut after 10,000 changes: `from` of the next question',
    }),
  })
  .meta({ id: 'States' })
export type States = z.infer<typeof statesSchema>

export const uptimeGroups = ['device', 'kind', 'profile', 'area', 'opd'] as const
export type UptimeGroup = (typeof uptimeGroups)[number]

export const uptimeQuerySchema = z.object({
  from: instant.optional().meta({ description: 'Default: 30 days before `to`' }),
  to: instant.optional().meta({ description: 'Excluded. Default, and at most: now' }),
  by: z
    .enum(uptimeGroups)
    .default('device')
    .meta({ description: 'What the devices are added up by, as registered now' }),
  every: z.enum(['1d', '1mo']).optional().meta({
    description: 'A day or a month of the city. Absent: the span as a whole',
  }),
  format,
})

const seconds = z.number().min(0)

export const uptimeSchema = z
  .object({
    from: time,
    to: time,
    items: z.array(
      z.object({
        key: z.string().meta({ description: 'Of the group; empty: devices that have none' }),
        from: time,
        to: time,
        devices: z.int().min(1).meta({ description: 'How many devices are added up' }),
        upS: seconds.meta({ description: 'online, late' }),
        downS: seconds.meta({ description: 'stale, frozen, offline' }),
        excludedS: seconds.meta({ description: 'In maintenance or disabled' }),
        unknownS: seconds.meta({ description: 'Never heard, or nobody watched' }),
        percent: z.number().nullable().meta({
          description: 'Up of up and down, rounded down to three decimals; null: neither was',
        }),
      }),
    ),
  })
  .meta({ id: 'Uptime' })
export type UptimeAnswer = z.infer<typeof uptimeSchema>

export const eventsQuerySchema = z.object({
  device: deviceIdSchema.optional(),
  type: z
    .string()
    .min(1)
    .max(64)
    .optional()
    .meta({
      description:
        'As the device named it; `status-online`, `status-offline` and `status-disabled` of its status, `command-result`, and ' +
        '`link-connected`, `link-disconnected`, `link-duplicate`, `link-duplicate-over` of its connection',
    }),
  from: instant.optional().meta({ description: 'Default: 24 h before `to`' }),
  to: instant.optional().meta({ description: 'Excluded. Default: now' }),
  limit: pageSize(200, 100),
  cursor: z
    .string()
    .regex(/^\d{1,15}-\d{1,16}$/)
    .optional(),
})

export const eventsSchema = z.object({
  items: z
    .array(
      z.object({
        deviceId: deviceIdSchema,
        at: time,
        type: z.string(),
        payload: z.unknown().meta({ description: 'As it came' }),
      }),
    )
    .meta({ description: 'Newest first. A page may be short, or empty, and still have a next one' }),
  nextCursor: z.string().nullable(),
})
