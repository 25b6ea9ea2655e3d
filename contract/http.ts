import { z } from 'zod'
import { count, pageSize, time } from './http/fields.ts'
import { aggregations } from './metrics.ts'
import { answeringEngines, missingReasons } from './ports.ts'
import { roles, tokenRoles } from './roles.ts'
import { deviceIdSchema, kindSchema } from './topics.ts'

/** Shapes of the HTTP API: one definition for routes, OpenAPI, dashboard and tests. Times are RFC 3339 in UTC. */

export type { Role, TokenRole } from './roles.ts'
export { roles, tokenRoles } from './roles.ts'

export const roleSchema = z.enum(roles)

/** RFC 9457 */
export const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string().optional(),
    errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  })
  .meta({ id: 'Problem' })
export type Problem = z.infer<typeof problemSchema>

export const sessionSchema = z
  .object({
    /** Of a person, a token or a screen. */
    username: z.string(),
    role: roleSchema,
    expiresAt: time.nullable(),
    /** Name of the wall's screen that this browser is. */
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

/** `60s`, `10m`, `1h`, `1d` */
const everySchema = z.string().regex(/^\d{1,6}(s|m|h|d)$/, 'a number and s, m, h or d: 60s, 10m, 1h')
/** RFC 3339 with zone, or ms since 1970. */
const instant = z.union([z.iso.datetime({ offset: true }), z.string().regex(/^\d{12,14}$/)])

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

/** Room on the disk, and what became of past days. */
const storageSchema = z.object({
  hotBytes: count,
  coldBytes: count,
  budgetBytes: count.nullable(),
  /** Nothing more may be let go, and it is still too much. */
  overBudget: z.boolean(),
  freeBytes: count,
  /** Less is free than BCC_DISK_FLOOR_MB. */
  low: z.boolean(),
  outbox: z.object({ bytes: count, quotaBytes: count }),
  sealed: z.object({ days: count, points: count }),
  /** Sealed days whose file is damaged or gone. */
  missingDays: count,
  /** Damaged files that were put aside. */
  damagedFiles: z.array(z.string()),
  fault: z.string().nullable(),
  /** What was let go since the first start, by class and cause. */
  dropped: z.array(
    z.object({
      class: z.enum(['telemetry', 'event']),
      cause: z.enum(['retention', 'budget']),
      days: count,
      points: count,
    }),
  ),
})
export const pipelineSchema = z
  .object({
    received: count,
    stored: count,
    duplicates: count,
    rejected: z.record(z.string(), count),
    waiting: count,
    /** Age of the oldest reading that is not in the store yet. */
    lagMs: z.number().min(0),
    store: z.object({ engine: z.string(), up: z.boolean(), detail: z.string().nullable(), waiting: count }),
    /** As ingest last said; null before. */
    storage: storageSchema.nullable(),
    /** Mended or set aside without losing the reading. */
    notes: z.record(z.string(), count),
    broker: z.object({
      up: z.boolean(),
      connected: count,
      /** Messages and connections refused at the door, by reason; never acknowledged, so no part of the balance. */
      refused: z.record(z.string(), count),
      journal: z.object({
        bytes: count,
        quotaBytes: count,
        full: z.boolean(),
        lastError: z.string().nullable(),
      }),
      /** Plain MQTT is open beyond this machine. */
      open: z.boolean(),
      /** Ports and first topic levels for devices; null: not known, the broker is away since our start. */
      mqtt: z.object({ port: count, tlsPort: count.nullable(), topicRoot: z.string() }).nullable(),
    }),
    ingest: z.object({ up: z.boolean() }),
    /** Plain HTTP is open beyond this machine. */
    api: z.object({ open: z.boolean() }),
    /** Of the server, for TLS; null: none is set. */
    certificate: z
      .object({
        /** First end in its chain. */
        notAfter: time,
        /** First end of an authority of client certificates. */
        caNotAfter: time.nullable(),
        /** Why newer files are not used; those from before are. */
        fault: z.string().nullable(),
      })
      .nullable(),
  })
  .meta({ id: 'Pipeline' })
export type Pipeline = z.infer<typeof pipelineSchema>

/** Who was refused at the broker's door, or is read slower than it sends, and how often; newest first. */
export const refusedClientsSchema = z
  .object({
    items: z.array(
      z.object({
        reason: z.string(),
        /** Device id, or the user name that was claimed. */
        userName: z.string(),
        clientId: z.string(),
        address: z.string(),
        count,
        lastAt: time,
      }),
    ),
  })
  .meta({ id: 'RefusedClients' })
export type RefusedClients = z.infer<typeof refusedClientsSchema>

export const quarantineQuerySchema = z.object({
  reason: z.string().max(64).optional(),
  limit: pageSize(500, 50),
  cursor: z.string().max(40).optional(),
})
export const quarantineItemSchema = z
  .object({
    id: z.string(),
    at: time,
    topic: z.string(),
    deviceId: z.string().nullable(),
    reason: z.string(),
    /** Why, in words; it may name keys and values of the payload, so a wall gets '' here too. */
    detail: z.string(),
    /** Readings that it counts for under `rejected`. */
    readings: count,
    bytes: count,
    /** The payload as text, U+FFFD for what is not UTF-8, cut at 4,096 characters. */
    text: z.string(),
    /** The whole payload. */
    base64: z.string(),
    retriedAt: time.nullable(),
  })
  .meta({ id: 'QuarantineItem' })
export type QuarantineItem = z.infer<typeof quarantineItemSchema>
export const quarantineListSchema = z.object({
  items: z.array(quarantineItemSchema),
  nextCursor: z.string().nullable(),
})
export const retryResultSchema = z.object({
  outcome: z.enum(['stored', 'duplicate', 'rejected']),
  reason: z.string().nullable(),
})

/** Readiness: one line a part. */
export const readinessSchema = z.object({
  ready: z.boolean(),
  parts: z.array(z.object({ part: z.string(), ok: z.boolean(), detail: z.string() })),
})

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
