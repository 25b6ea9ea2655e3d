import type { Selectable } from 'kysely'
import type { Actor } from '../../../contract/http/audit.ts'
import { longestMaintenanceMs, pastMaintenanceMs } from '../../../contract/http/call-limits.ts'
import type { Maintenance, MaintenancePatch, NewMaintenance } from '../../../contract/http/maintenance.ts'
import { Refusal } from '../../../contract/http/refusal.ts'
import { iso } from '../../../contract/time.ts'
import type { Span } from '../../../domain/span.ts'
import { oneAtATime } from '../../one-at-a-time.ts'
import type { OwnTurn } from '../../own-turn.ts'
import type { NoteChange } from '../audit/audit-log.ts'
import { createDeviceChange } from '../devices/device-change.ts'
import type { RegistryDatabase, Writing } from '../schema.ts'
import { devicesOf, linkDevices, requireDevices, touchDevices, unlinkDevices } from './maintenance-devices.ts'
import { letPastGo, requireRoom } from './maintenance-room.ts'
import type { MaintenanceTable } from './tables.ts'

/** When somebody works on which devices. A window is no more than a time: what state a device is in follows from the clock. */
export interface MaintenanceWindows {
  /** Running and coming ones; `past`: also those that ended in the last 90 days. */
  list(options?: { past?: boolean }): Promise<Maintenance[]>
  create(maintenance: NewMaintenance): Promise<Maintenance>
  patch(id: string, patch: MaintenancePatch): Promise<Maintenance>
  /** A running one ends now, one that is to come never was. */
  end(id: string): Promise<void>
}

export interface MaintenanceParts {
  db: RegistryDatabase
  note: NoteChange
  now: () => number
  wrote: () => void
  actor: Actor
  turn: OwnTurn
}

/** Windows and their devices that are read before others have their turn. */
const toldAtOnce = 1000
/** Of a long list of devices the audit names the first; the window itself has them all. */
const maxNoted = 40

type Row = Selectable<MaintenanceTable>

export function createMaintenance({ db, note, now, wrote, actor, turn }: MaintenanceParts): MaintenanceWindows {
  const change = createDeviceChange({ db, wrote })

  async function read(transaction: RegistryDatabase, sinceMs: number, id?: number): Promise<Maintenance[]> {
    let windows = transaction.selectFrom('maintenance').selectAll().where('until_ms', '>', sinceMs)
    if (id !== undefined) windows = windows.where('id', '=', id)
    const rows = await windows.orderBy('from_ms').orderBy('id').execute()
    const found: Maintenance[] = []
    let told = 0
    for (const row of rows) {
      const ids = await devicesOf({ db: transaction, turn }, row.id)
      // Others had their turn: it may have been cancelled meanwhile.
      if (ids.length > 0 || (await isThere(transaction, row.id))) found.push(windowOf(row, ids))
      told += ids.length + 1
      if (told < toldAtOnce) continue
      told = 0
      await turn()
    }
    return found
  }

  async function one(transaction: Writing, id: number): Promise<Maintenance> {
    const [found] = await read(transaction, 0, id)
    return found ?? refuseUnknown(String(id))
  }

  // Of 50,000 devices or twice as many, which all who ask at once share.
  const listOpen = oneAtATime(() => read(db, now()))
  const listPast = oneAtATime(() => read(db, now() - pastMaintenanceMs))

  return {
    list: ({ past = false } = {}) => (past ? listPast() : listOpen()),

    create: ({ deviceIds, from, until, reason }) =>
      change(async (transaction, number) => {
        const span = { fromMs: from === undefined ? now() : Date.parse(from), untilMs: Date.parse(until) }
        requireTime(span, now())
        const ids = [...new Set(deviceIds)].sort()
        await requireRoom(transaction, now(), ids.length)
        await letPastGo({ transaction, turn }, now())
        await requireDevices({ transaction, turn }, ids)
        const { id } = await transaction
          .insertInto('maintenance')
          .values({ ...columnsOf(span), reason, made_by: actor, made_at_ms: now() })
          .returning('id')
          .executeTakeFirstOrThrow()
        await linkDevices({ transaction, turn }, id, ids)
        await touchDevices({ transaction, turn }, id, number)
        const made = await one(transaction, id)
        const detail = { from: made.from, until: made.until, reason, devices: ids.length }
        await note(transaction, {
          action: 'maintenance.created',
          target: made.id,
          detail: { ...detail, deviceIds: ids.slice(0, maxNoted) },
        })
        return made
      }),

    patch: (id, { until, reason }) =>
      change(async (transaction, number) => {
        const row = await requireOpen(transaction, id, now())
        const span = { fromMs: row.from_ms, untilMs: until === undefined ? row.until_ms : Date.parse(until) }
        requireTime(span, now())
        await transaction
          .updateTable('maintenance')
          .set({ ...columnsOf(span), reason: reason ?? row.reason })
          .where('id', '=', row.id)
          .execute()
        await touchDevices({ transaction, turn }, row.id, number)
        const changed = await one(transaction, row.id)
        const detail = { until: changed.until, reason: changed.reason }
        await note(transaction, { action: 'maintenance.changed', target: id, detail })
        return changed
      }),

    end: (id) =>
      change(async (transaction, number) => {
        const nowMs = now()
        const row = await requireOpen(transaction, id, nowMs)
        await touchDevices({ transaction, turn }, row.id, number)
        const isRunning = row.from_ms <= nowMs
        const window = { from: iso(row.from_ms), until: iso(row.until_ms), reason: row.reason }
        if (isRunning) {
          await transaction.updateTable('maintenance').set({ until_ms: nowMs }).where('id', '=', row.id).execute()
          await note(transaction, { action: 'maintenance.ended', target: id, detail: window })
        } else {
          await unlinkDevices({ transaction, turn }, row.id)
          await transaction.deleteFrom('maintenance').where('id', '=', row.id).execute()
          await note(transaction, { action: 'maintenance.cancelled', target: id, detail: window })
        }
      }),
  }
}

/** Of these devices, a few hundred: when somebody works on them. */
export async function maintenanceOf(
  db: RegistryDatabase,
  { ids, nowMs }: { ids: readonly string[]; nowMs: number },
): Promise<Map<string, Span[]>> {
  const rows = await db
    .selectFrom('maintenance_device')
    .innerJoin('maintenance', 'maintenance.id', 'maintenance_id')
    .select(['device_id', 'from_ms', 'until_ms'])
    // One that ended may touch one that is running, and then the two are one.
    .where('until_ms', '>', nowMs - longestMaintenanceMs)
    .where('device_id', 'in', ids)
    .execute()
  const spans = new Map<string, Span[]>()
  for (const { device_id, from_ms, until_ms } of rows) {
    const span = { fromMs: from_ms, untilMs: until_ms }
    const known = spans.get(device_id)
    if (known === undefined) spans.set(device_id, [span])
    else known.push(span)
  }
  return spans
}

async function requireOpen(transaction: Writing, id: string, nowMs: number): Promise<Row> {
  const row = await transaction.selectFrom('maintenance').selectAll().where('id', '=', Number(id)).executeTakeFirst()
  if (row === undefined) return refuseUnknown(id)
  if (row.until_ms <= nowMs) throw new Refusal('maintenance-over', `Maintenance ${id} is over; it stays as it was.`)
  return row
}

async function isThere(db: RegistryDatabase, id: number): Promise<boolean> {
  return (await db.selectFrom('maintenance').select('id').where('id', '=', id).executeTakeFirst()) !== undefined
}

function requireTime({ fromMs, untilMs }: Span, nowMs: number): void {
  const refuse = (words: string) => {
    throw new Refusal('maintenance-time', words)
  }
  if (untilMs <= fromMs) refuse('It must end after it begins.')
  if (untilMs <= nowMs) refuse('It must end in the future.')
  if (untilMs - fromMs > longestMaintenanceMs) refuse('It may be 30 days long at most.')
}

function refuseUnknown(id: string): never {
  throw new Refusal('unknown-maintenance', `There is no maintenance "${id}".`)
}

const columnsOf = ({ fromMs, untilMs }: Span) => ({ from_ms: fromMs, until_ms: untilMs })

function windowOf(row: Row, deviceIds: string[]): Maintenance {
  return {
    id: String(row.id),
    from: iso(row.from_ms),
    until: iso(row.until_ms),
    reason: row.reason,
    madeBy: row.made_by,
    madeAt: iso(row.made_at_ms),
    deviceIds,
  }
}
