import { dayMs } from '../time.ts'

/** Numbers only, without zod: pages take them too. */

/** Registered ones: four times as many as the figures of ARCHITECTURE.md are measured with. */
export const maxDevices = 20_000
/** Most devices that are changed in one call. */
export const maxDevicesPatched = 1000
export const maxMaintenanceDevices = 5000
/** Maintenances that are running or to come. */
export const maxMaintenances = 500
/**
 * Of all that are running or to come together: their devices, each counted once for every maintenance that it is in. Of
 * those that are over as many are kept, the newest.
 */
export const maxInMaintenance = 50_000
/** Past ones; of older ones the audit tells. */
export const maxPastMaintenances = 2000
export const longestMaintenanceMs = 30 * dayMs
/** So long a maintenance that is over is listed where past ones are asked for. */
export const pastMaintenanceMs = 90 * dayMs
