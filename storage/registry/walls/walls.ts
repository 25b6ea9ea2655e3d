import { Refusal } from '../../../contract/http/refusal.ts'
import { type Wall, type WallSettings, wallSettingsSchema } from '../../../contract/http/walls.ts'
import type { NoteChange } from '../audit/audit-log.ts'
import type { RegistryDatabase } from '../schema.ts'

/** The city's walls: their glass and what they show. */
export interface Walls {
  list(): Promise<Wall[]>
  /** Makes the wall, or gives it these settings in the place of its own. */
  put(id: string, settings: WallSettings): Promise<Wall>
  remove(id: string): Promise<void>
}

const maxWalls = 50

/** Settings as they were read last, by their text: displays ask for them every few seconds. At most as many as walls. */
export type KnownWalls = Map<string, WallSettings>

export interface WallsParts {
  db: RegistryDatabase
  note: NoteChange
  known: KnownWalls
}

export function createWalls({ db, note, known }: WallsParts): Walls {
  function settingsOf(text: string): WallSettings {
    return known.get(text) ?? wallSettingsSchema.parse(JSON.parse(text))
  }

  return {
    async list() {
      const rows = await db.selectFrom('wall').selectAll().orderBy('id').execute()
      const walls = rows.map(({ id, rev, settings }) => ({ id, rev, settings: settingsOf(settings) }))
      known.clear()
      for (const [n, { settings }] of walls.entries()) known.set(rows[n]?.settings ?? '', settings)
      return walls
    },

    put: (id, settings) =>
      db.transaction().execute(async (transaction) => {
        const rows = await transaction.selectFrom('wall').select(['id', 'rev']).execute()
        const before = rows.find((row) => row.id === id)
        if (before === undefined && rows.length >= maxWalls)
          throw new Refusal('too-many-walls', `There are ${maxWalls} walls already.`)
        const row = { id, rev: (before?.rev ?? 0) + 1, settings: JSON.stringify(settings) }
        await transaction
          .insertInto('wall')
          .values(row)
          .onConflict((conflict) => conflict.column('id').doUpdateSet({ rev: row.rev, settings: row.settings }))
          .execute()
        await note(transaction, { action: 'wall.changed', target: id, detail: { rev: row.rev, settings } })
        return { id, rev: row.rev, settings }
      }),

    remove: (id) =>
      db.transaction().execute(async (transaction) => {
        const { numDeletedRows } = await transaction.deleteFrom('wall').where('id', '=', id).executeTakeFirst()
        if (numDeletedRows === 0n) throw new Refusal('unknown-wall', `There is no wall "${id}".`)
        await note(transaction, { action: 'wall.removed', target: id })
      }),
  }
}
