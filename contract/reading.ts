import { z } from 'zod'
import { roles } from './roles.ts'
import { dayMs } from './time.ts'
import type { Kind } from './topics.ts'

/** A metric's value. Booleans stay booleans until they reach a store, which keeps 1 and 0. */
export type MetricValue = number | boolean
export type Metrics = Record<string, MetricValue>

/** A part of a reading that says nothing usable: it is left out, and told; the rest of the reading stands. */
export interface SetAside {
  reason: Extract<RejectReason, 'invalid-metric' | 'invalid-position'>
  /** What it was to be: the name of a metric, or `position`. */
  name: string
  /** In words, for those who may read payloads. */
  detail: string
  /** Its keys and values as they came. */
  fields: [key: string, value: unknown][]
}

/** Bounds of one message; past them it is refused whole and kept in quarantine. Of names only the value that is too many. */
export const readingLimits = {
  readingsPerMessage: 1000,
  bytesPerReading: 8192,
  jsonDepth: 8,
  /** Of an array as a whole: what is deeper is not parsed, what is between is refused one by one. */
  arrayDepth: 100,
  keysPerReading: 64,
  /** Names of metrics outside the dictionary that one device may have at a time. */
  otherNamesPerDevice: 64,
} as const

export const deviceStatuses = ['online', 'offline', 'disabled'] as const
export type DeviceStatus = (typeof deviceStatuses)[number]

/** What one message says of one device at one moment. */
export interface Reading {
  deviceId: string
  kind: Kind
  /** Device clock, ms since 1970 UTC. `null` at the door: the device named no usable time, ours will be taken. */
  ts: number | null
  /** Our clock when the message was accepted, ms since 1970 UTC. */
  receivedAt: number
  lat?: number
  lon?: number
  metrics: Metrics
  status?: DeviceStatus
  statusReason?: string
  /** Type of something that happened once. */
  event?: string
  seq?: number
  /** Absent: nothing was. */
  setAside?: SetAside[]
}

/** Most characters of a device's own words that are kept of a longer text. */
export const maxReasonChars = 200
export const maxEventTypeChars = 64

/** The first characters of a text, none of them cut in two. */
function firstChars(text: string, most: number): string {
  return text.length <= most ? text : [...text.slice(0, most * 2)].slice(0, most).join('')
}

/** `{root}/{kind}/{id}/status`: a JSON object or the bare word. A reason that is no text is none. */
export const statusMessageSchema = z.union([
  z.enum(deviceStatuses).transform((status) => ({ status, reason: undefined })),
  z.object({
    status: z.enum(deviceStatuses),
    reason: z
      .unknown()
      .optional()
      .transform((said) => (typeof said === 'string' ? firstChars(said, maxReasonChars) : undefined)),
  }),
])

/** `{root}/{kind}/{id}/event`: something that happened once. All of its keys are kept as they came. */
export const eventMessageSchema = z.looseObject({
  type: z
    .string()
    .min(1)
    .transform((type) => firstChars(type, maxEventTypeChars)),
})

/** What a reading by hand says besides its values, in the payload of its journal entry. */
export const manualWordsSchema = z.object({
  role: z.enum(roles),
  note: z.string().optional(),
})

/** Why a message or a reading of it could not be taken. Counted by these names, shown on the pipeline page. */
export const rejectReasons = [
  'not-json',
  'not-utf8',
  'not-an-object',
  'empty',
  'too-many-readings',
  'too-large',
  'too-deep',
  'too-many-keys',
  'too-many-names',
  'invalid-time',
  'older-than-retention',
  'too-many-past-days',
  'invalid-position',
  'invalid-metric',
  'implausible',
  'nothing-measured',
  'invalid-status',
  'invalid-event',
  'unknown-device',
  'wrong-kind',
  'unknown-topic',
  'refused-by-store',
  'not-forwarded',
  'journal-damaged',
  'ingest-ended',
] as const
export type RejectReason = (typeof rejectReasons)[number]

/**
 * GPS counts weeks in 10 bits (IS-GPS-200, 20.3.3.3.1.1): a receiver that does not know its epoch is wrong by a multiple
 * of 1024 weeks. Its day of the week is right, so what it means is known to within a week.
 */
export const gpsRolloverMs = 1024 * 7 * dayMs

/** A device's clock that has not been set says 1970, 2000-01-01 or Go's year 1; nothing of ours is older than 2005. */
export const clockUnsetBeforeMs = Date.UTC(2005, 0, 1)

/** A time further ahead of our clock than this is a wrong clock, not the future. */
export const futureToleranceMs = 120_000
