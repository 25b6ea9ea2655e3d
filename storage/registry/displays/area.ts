import type { Area } from '../area.ts'
import { createDisplayProof, createDisplays, type DisplayProof, type Displays } from './displays.ts'
import { type DisplayTables, displayMigrations } from './tables.ts'

export const displaysArea: Area<DisplayTables, { displays: Displays }, { displayProof: DisplayProof }> = {
  migrations: displayMigrations,
  open: ({ db, now }) => ({
    writers: ({ note }) => ({ displays: createDisplays({ db, note, now }) }),
    members: { displayProof: createDisplayProof({ db, now }) },
  }),
}
