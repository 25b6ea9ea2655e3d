import { commandLimits, openCommandStates } from '../../../contract/command.ts'
import { Refusal } from '../../../contract/http/refusal.ts'
import type { Writing } from '../schema.ts'

/** Closed commands that are let go in one transaction: some ms. */
const letGoAtOnce = 500

/** Refuses one more open command where there is no room: each is looked at several times a second. */
export async function requireRoomForCommand(transaction: Writing, deviceId: string): Promise<void> {
  const open = transaction
    .selectFrom('command')
    .select((row) => row.fn.countAll<number>().as('n'))
    .where('state', 'in', openCommandStates)
  const { n: ofDevice } = await open.where('device_id', '=', deviceId).executeTakeFirstOrThrow()
  const { openOfDevice, openInAll } = commandLimits
  if (ofDevice >= openOfDevice) {
    const words = `${openOfDevice} commands of "${deviceId}" are open already: wait for their end, or cancel one first.`
    throw new Refusal('too-many-commands', words)
  }
  const { n: inAll } = await open.executeTakeFirstOrThrow()
  if (inAll < openInAll) return
  throw new Refusal('too-many-commands', `${openInAll} commands are open already: wait for their end, or cancel some.`)
}

/** Of the closed ones of a device the newest stay. */
export async function letOldOfDeviceGo(transaction: Writing, deviceId: string): Promise<void> {
  const closed = transaction
    .selectFrom('command')
    .select('seq')
    .where('device_id', '=', deviceId)
    .where('state', 'not in', openCommandStates)
    .orderBy('seq', 'desc')
  const last = await closed.offset(commandLimits.keptOfDevice).limit(1).executeTakeFirst()
  if (last === undefined) return
  await transaction
    .deleteFrom('command')
    .where('device_id', '=', deviceId)
    .where('state', 'not in', openCommandStates)
    .where('seq', '<=', last.seq)
    .execute()
}

/** Closed ones that were made before, some at a time. True: there may be more. */
export async function letOldGo(transaction: Writing, beforeMs: number): Promise<boolean> {
  const old = transaction
    .selectFrom('command')
    .select('seq')
    .where('created_ms', '<', beforeMs)
    .where('state', 'not in', openCommandStates)
    .orderBy('created_ms')
    .limit(letGoAtOnce)
  const { numDeletedRows } = await transaction.deleteFrom('command').where('seq', 'in', old).executeTakeFirst()
  return numDeletedRows >= letGoAtOnce
}
