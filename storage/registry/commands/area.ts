import type { Area } from '../area.ts'
import { type Commands, createCommands } from './commands.ts'
import { type CommandTables, commandMigrations } from './tables.ts'

export const commandsArea: Area<CommandTables, { commands: Commands }, object> = {
  migrations: commandMigrations,
  open: ({ db, now }) => ({
    writers: ({ note, actor }) => ({ commands: createCommands({ db, note, now, actor }) }),
    members: {},
  }),
}
