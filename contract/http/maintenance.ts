import { z } from 'zod'
import { deviceIdSchema } from '../topics.ts'
import { maxMaintenanceDevices } from './call-limits.ts'
import { plainText, time } from './fields.ts'

/** Maintenance windows: devices on which somebody works, and from when until when. Times are RFC 3339. */

const someTime = z.iso.datetime({ offset: true }).meta({ description: 'RFC 3339 with zone' })
const reason = plainText(3, 200)

export const newMaintenanceSchema = z
  .strictObject({
    deviceIds: z.array(deviceIdSchema).min(1).max(maxMaintenanceDevices),
    from: someTime.optional().meta({ description: 'Default: now' }),
    until: someTime.meta({ description: 'Excluded; at most 30 days after `from`' }),
    reason,
  })
  .meta({ id: 'NewMaintenance' })
export type NewMaintenance = z.infer<typeof newMaintenanceSchema>

export const maintenancePatchSchema = z
  .strictObject({ until: someTime.optional(), reason: reason.optional() })
  .meta({ id: 'MaintenancePatch' })
export type MaintenancePatch = z.infer<typeof maintenancePatchSchema>

export const maintenanceIdSchema = z.string().regex(/^\d{1,15}$/)

export const maintenanceSchema = z
  .object({
    id: maintenanceIdSchema,
    from: time,
    until: time,
    reason: z.string(),
    /** As the audit names them: `user:siti`. */
    madeBy: z.string(),
    madeAt: time,
    /** In order; without those that were removed from the registry since. */
    deviceIds: z.array(deviceIdSchema),
  })
  .meta({ id: 'Maintenance' })
export type Maintenance = z.infer<typeof maintenanceSchema>
/** In order of their beginning. */
export const maintenanceListSchema = z.object({ items: z.array(maintenanceSchema) })
export const maintenanceListQuerySchema = z.object({
  past: z.enum(['true', 'false']).default('false').meta({ description: 'Also those of the last 90 days' }),
})
