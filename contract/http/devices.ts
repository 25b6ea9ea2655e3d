import { z } from 'zod'
import { deviceStatuses } from '../reading.ts'
import { roles } from '../roles.ts'
import { deviceStates, linkStates, stateReasons } from '../state.ts'
import { deviceIdSchema, kindSchema } from '../topics.ts'
import { maxDevicesPatched } from './call-limits.ts'
import { count, latitude, longitude, pageSize, plainText, time } from './fields.ts'

/** Devices as the API tells them: what is seen of each, what is registered, and what may be changed. */

/** A metric's newest values, booleans as they are. */
const metricsSchema = z.record(z.string(), z.union([z.number(), z.boolean()]))

/** One device as the wall sees it now. */
export const deviceViewSchema = z
  .object({
    id: deviceIdSchema,
    kind: kindSchema,
    profile: z.string(),
    name: z.string(),
    lat: latitude.nullable(),
    lon: longitude.nullable(),
    /** Time of the position where it is older than `measuredAt`. */
    positionAt: time.nullish(),
    /** Kemendagri code of its kelurahan. */
    areaCode: z.string().nullable(),
    simulated: z.boolean(),
    state: z.enum(deviceStates),
    /** When this state began, as far as we know. */
    stateSince: time.nullable(),
    stateReason: z.enum(stateReasons).nullable(),
    /** The device's own last word on its status topic. */
    status: z.enum(deviceStatuses).nullable(),
    /** Its picture or value stands still though messages come. */
    frozen: z.boolean(),
    /** Taken out of service in the registry. */
    disabled: z.boolean(),
    /** The maintenance that is running, or else the next; windows that overlap or touch are one. */
    maintenance: z.object({ from: time, until: time }).nullable(),
    /** Seconds between two readings, as declared. */
    expectedS: z.number().positive(),
    measuredAt: time.nullable(),
    receivedAt: time.nullable(),
    metrics: metricsSchema,
    /** Times of those metrics that are older than `measuredAt`. */
    metricsAt: z.record(z.string(), time),
    link: z.object({ state: z.enum(linkStates), since: time.nullable(), reason: z.string().nullable() }),
    /** The device's clock cannot be used: our time stands in `measuredAt`. */
    clockWrong: z.boolean(),
    /** How far its time is behind ours, whole seconds in ms; negative: ahead. null: it named none so far. */
    skewMs: z.number().nullable(),
    /** Two clients fight over its key: one of them is not this device. */
    duplicate: z.boolean(),
    /** Its connection comes and goes; until this moment its state follows the age of its data alone. */
    flappingUntil: time.nullable(),
    /** Metrics last found outside their physical range, or with a value that is none; `position` for a place that cannot be. */
    faults: z.array(z.string()),
    /**
     * The newest reading that a person took by eye, with the role of its author. It is in no other field, and says nothing of
     * the device's state.
     */
    manual: z.object({ at: time, role: z.enum(roles), metrics: metricsSchema }).nullable(),
  })
  .meta({ id: 'DeviceView' })
export type DeviceView = z.infer<typeof deviceViewSchema>

export const stateResponseSchema = z.object({ at: time, devices: z.array(deviceViewSchema) })

/** One device with what the registry holds of it. */
export const deviceSchema = deviceViewSchema
  .extend({
    parentId: deviceIdSchema.nullable(),
    opd: z.string().nullable(),
    createdAt: time,
    keyCreatedAt: time.nullable(),
    /** Last sign-in with its key; null: not used yet. */
    keyUsedAt: time.nullable(),
    /** The key before, while it still works. */
    oldKey: z.object({ createdAt: time, usedAt: time.nullable(), until: time }).nullable(),
    revokedAt: time.nullable(),
    /** Last sign-in with a client certificate. */
    certificateUsedAt: time.nullable(),
    /** Certificates issued before are refused: its last revocation. */
    certificatesFrom: time.nullable(),
  })
  .meta({ id: 'Device' })
export type Device = z.infer<typeof deviceSchema>

const name = plainText(1, 80)
const registryFields = {
  name: name.optional(),
  lat: latitude.nullish(),
  lon: longitude.nullish(),
  parentId: deviceIdSchema.nullish(),
  areaCode: plainText(0, 20).nullish(),
  opd: plainText(0, 80).nullish(),
  expectedS: z.number().positive().max(604_800).nullish(),
}
export const newDeviceSchema = z
  .strictObject({ id: deviceIdSchema, profile: z.string().max(64), ...registryFields })
  .meta({ id: 'NewDevice' })
export type NewDevice = z.infer<typeof newDeviceSchema>
export const devicePatchSchema = z
  .strictObject({ ...registryFields, disabled: z.boolean().optional() })
  .meta({ id: 'DevicePatch' })
export type DevicePatch = z.infer<typeof devicePatchSchema>

/** The same change for many devices; what each has of its own, its name and its place, is left out. */
export const devicesPatchSchema = z
  .strictObject({
    ids: z.array(deviceIdSchema).min(1).max(maxDevicesPatched),
    set: devicePatchSchema.omit({ name: true, lat: true, lon: true }),
  })
  .meta({ id: 'DevicesPatch' })
export type DevicesPatch = z.infer<typeof devicesPatchSchema>
/** `unchanged`: they were so already. */
export const devicesPatchedSchema = z.object({ changed: count, unchanged: count }).meta({ id: 'DevicesPatched' })
export type DevicesPatched = z.infer<typeof devicesPatchedSchema>

/** `now`: the old key ends at once, without the overlap. */
export const newKeySchema = z.strictObject({ now: z.boolean().default(false) }).meta({ id: 'NewKey' })

/** The key is shown this once; only its keyed hash is kept. */
export const deviceKeySchema = z.object({ device: deviceSchema, key: z.string() }).meta({ id: 'DeviceKey' })

export const deviceListQuerySchema = z.object({
  kind: kindSchema.optional(),
  profile: z.string().max(64).optional(),
  state: z.enum(deviceStates).optional(),
  /** A Kemendagri code: a kelurahan, or a kecamatan with all in it. */
  area: z.string().max(20).optional(),
  q: z.string().max(80).optional(),
  limit: pageSize(1000, 100),
  cursor: z.string().max(200).optional(),
})
export const deviceListSchema = z.object({ items: z.array(deviceSchema), nextCursor: z.string().nullable() })
