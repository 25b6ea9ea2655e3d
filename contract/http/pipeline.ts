import { z } from 'zod'
import { storeFaults } from '../ports/telemetry.ts'
import { count, pageSize, time } from './fields.ts'

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
    /** received = stored + duplicates + sum(rejected) + waiting. All null: ingest has told none since the api's start. */
    received: count.nullable().meta({
      description:
        'Readings since the first start; never goes back. A message counts as one until it is taken apart, and for good where it is refused as a whole',
    }),
    stored: count.nullable().meta({ description: 'Readings; a status and an event count as one' }),
    duplicates: count.nullable().meta({ description: 'Readings that were there before' }),
    rejected: z.record(z.string(), count).nullable().meta({
      description:
        'Readings by reason; a message that is refused whole counts as one, and so does one that the journal lost',
    }),
    waiting: count.nullable().meta({
      description:
        'Messages in the journal, each counted as one reading, and readings on the way to the configured store',
    }),
    /** Age of the oldest reading that is not in the store yet; null: not known. */
    lagMs: z.number().min(0).nullable(),
    store: z.object({
      engine: z.string().meta({ description: 'influx: InfluxDB that has not answered yet' }),
      up: z.boolean(),
      detail: z.string().nullable(),
      /** What a person has to mend at the configured store or in the settings; absent: nothing. */
      fault: z.enum(storeFaults).optional(),
      waiting: count,
    }),
    /** As ingest last said; null before. */
    storage: storageSchema.nullable(),
    /** Mended or set aside without losing the reading. */
    notes: z.record(z.string(), count),
    broker: z.object({
      up: z.boolean(),
      connected: count,
      /** Messages and connections refused at the door, by reason; never acknowledged, so no part of the balance. */
      refused: z.record(z.string(), count),
      /** Programs that listen over MQTT; delivered and dropped since the broker started. */
      services: z.object({
        connections: count,
        delivered: count,
        dropped: count,
        waitingBytes: count,
        /** Whether `state` topics tell the present; `off`: nobody asks. */
        states: z.enum(['off', 'current', 'away']),
      }),
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
    ingest: z.object({
      up: z.boolean(),
      /**
       * When it told its counters last. While it is away stored, duplicates and rejected are as of then, and received and
       * waiting go on with what the broker acknowledges.
       */
      countedAt: time.nullable(),
    }),
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

/** Connections of services, the oldest first. */
export const serviceConnectionsSchema = z
  .object({
    items: z.array(
      z.object({
        /** Of its token. */
        name: z.string(),
        clientId: z.string(),
        address: z.string(),
        since: time,
        /** What it subscribed to, the first 16. */
        filters: z.array(z.string()),
        subscriptions: count,
        delivered: count,
        /** Messages that it was too slow for. */
        dropped: count,
        waitingBytes: count,
      }),
    ),
  })
  .meta({ id: 'ServiceConnections' })

export type ServiceConnections = z.infer<typeof serviceConnectionsSchema>

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
    readings: count.meta({
      description:
        'Readings that it counts for under `rejected`; 1 for a message that was refused whole, 0 for a note about a reading that was taken',
    }),
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
