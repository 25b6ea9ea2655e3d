/** Numbers only, without zod: pages take them too. */

/** Most devices that are changed in one call. */
export const mostDevicesPatched = 1000
export const mostMaintenanceDevices = 5000
export const longestMaintenanceMs = 30 * 86_400_000
/** So long a maintenance that is over is listed where past ones are asked for. */
export const pastMaintenanceMs = 90 * 86_400_000
