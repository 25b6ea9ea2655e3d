import type { Area } from '../area.ts'
import { createMaintenance, type MaintenanceWindows } from './maintenance.ts'
import { type MaintenanceTables, maintenanceMigrations } from './tables.ts'

export const maintenanceArea: Area<MaintenanceTables, { maintenance: MaintenanceWindows }, object> = {
  migrations: maintenanceMigrations,
  open: ({ db, now, turn, changes }) => ({
    writers: ({ note, actor }) => ({
      maintenance: createMaintenance({ db, note, now, turn, wrote: changes.wroteHere, actor }),
    }),
    members: {},
  }),
}
