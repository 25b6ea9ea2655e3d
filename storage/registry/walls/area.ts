import type { Area } from '../area.ts'
import { type WallTables, wallMigrations } from './tables.ts'
import { createWalls, type KnownWalls, type Walls } from './walls.ts'

export const wallsArea: Area<WallTables, { walls: Walls }, object> = {
  migrations: wallMigrations,
  open({ db }) {
    const known: KnownWalls = new Map()
    return { writers: ({ note }) => ({ walls: createWalls({ db, note, known }) }), members: {} }
  },
}
