import { z } from 'zod'
import { abilities } from '../../contract/abilities.ts'
import { type CommandSpec, commandsOf, openCommandStates } from '../../contract/command.ts'
import {
  type Command,
  commandArgsSchema,
  commandIdSchema,
  commandListSchema,
  commandSchema,
  commandsQuerySchema,
  deviceCommandsQuerySchema,
  newCommandSchema,
} from '../../contract/http/commands.ts'
import { Refusal } from '../../contract/http/refusal.ts'
import { findProfile } from '../../contract/profiles/index.ts'
import type { CommandSlice, CommandsQuery } from '../../storage/registry/commands/command-row.ts'
import type { Registry } from '../../storage/registry/registry.ts'
import { deviceParams, requireDevice } from '../devices/routes.ts'
import { type Call, defineRoute, type Route, v1 } from '../http/route.ts'
import type { City } from '../live/city.ts'
import type { CommandDesk } from './desk.ts'

export interface CommandRouteParts {
  city: Pick<City, 'device'>
  registry: Pick<Registry, 'commands'>
  commandDesk: Pick<CommandDesk, 'create' | 'decide' | 'cancel'>
}

/** Arguments of 4 KiB, escaped as far as JSON allows. */
const maxBodyBytes = 32_768

/** Commands to devices. Whoever may see the console sees them; operators and those above them give them. */
export function commandRoutes({ city, registry, commandDesk }: CommandRouteParts): Route[] {
  const tag = 'commands'
  const ofDevice = `${v1}/devices/{id}/commands`
  const path = `${v1}/commands`
  const params = z.object({ id: commandIdSchema })
  const shared = { tag, input: { params }, answer: commandSchema }

  async function page(query: CommandsQuery) {
    const { commands, next }: CommandSlice = await registry.commands.list(query)
    return { items: commands, nextCursor: next === undefined ? null : String(next) }
  }

  const decide =
    (decision: 'approved' | 'rejected') =>
    (input: { params: { id: string } }, { caller }: Call) =>
      commandDesk.decide(caller(), input.params.id, decision)

  return [
    defineRoute({
      method: 'post',
      path: ofDevice,
      tag,
      summary: 'Tell a device to do something: it is sent as soon as the device listens, while its time lasts',
      access: abilities.command,
      input: { params: deviceParams, body: newCommandSchema },
      maxBodyBytes,
      status: 202,
      answer: commandSchema,
      refusals: ['unknown-device', 'bad-command-args', 'too-many-commands'],
      handle({ params: { id }, body }, { caller }): Promise<Command> {
        const { profile } = requireDevice(city, id)
        // A name that the profile does not know is taken as it is: real devices differ.
        const specs = commandsOf(findProfile(profile))
        const spec = Object.hasOwn(specs, body.name) ? specs[body.name] : undefined
        if (spec !== undefined) requireArgs(spec, body.args)
        return commandDesk.create(caller(), { ...body, deviceId: id, dangerous: spec?.dangerous === true })
      },
    }),
    defineRoute({
      method: 'get',
      path: ofDevice,
      tag,
      summary: 'Commands of one device and what became of them, newest first',
      access: abilities.console,
      input: { params: deviceParams, query: deviceCommandsQuerySchema },
      answer: commandListSchema,
      refusals: ['unknown-device'],
      handle({ params, query: { limit, cursor } }) {
        const { id } = requireDevice(city, params.id)
        return page({ deviceId: id, limit, before: placeOf(cursor) })
      },
    }),
    defineRoute({
      method: 'get',
      path,
      tag,
      summary: 'Commands of all devices by their state, newest first',
      access: abilities.console,
      input: { query: commandsQuerySchema },
      answer: commandListSchema,
      handle: ({ query: { state, limit, cursor } }) =>
        page({ states: state === 'open' ? openCommandStates : [state], limit, before: placeOf(cursor) }),
    }),
    defineRoute({
      ...shared,
      method: 'get',
      path: `${path}/{id}`,
      summary: 'One command',
      access: abilities.console,
      refusals: ['unknown-command'],
      async handle({ params: { id } }) {
        const command = await registry.commands.find(id)
        if (command === undefined) throw new Refusal('unknown-command', `There is no command "${id}".`)
        return command
      },
    }),
    defineRoute({
      ...shared,
      method: 'post',
      path: `${path}/{id}/approve`,
      summary: 'Agree to a dangerous command, as a person who did not make it',
      access: abilities.command,
      refusals: ['unknown-command', 'second-person', 'command-decided'],
      handle: decide('approved'),
    }),
    defineRoute({
      ...shared,
      method: 'post',
      path: `${path}/{id}/reject`,
      summary: 'Say no to a dangerous command, as a person who did not make it',
      access: abilities.command,
      refusals: ['unknown-command', 'second-person', 'command-decided'],
      handle: decide('rejected'),
    }),
    defineRoute({
      ...shared,
      method: 'post',
      path: `${path}/{id}/cancel`,
      summary: 'Take a command back that its device cannot have yet',
      access: abilities.command,
      refusals: ['unknown-command', 'command-decided'],
      handle: ({ params: { id } }, { caller }) => commandDesk.cancel(caller(), id),
    }),
  ]
}

function placeOf(cursor: string | undefined): number | undefined {
  return cursor === undefined ? undefined : Number(cursor)
}

function requireArgs(spec: CommandSpec, args: unknown): void {
  const parsed = commandArgsSchema(spec).safeParse(args)
  if (parsed.success) return
  const errors = parsed.error.issues.map(({ path, message }) => ({ path: ['args', ...path].join('.'), message }))
  throw new Refusal('bad-command-args', errors.map(({ path, message }) => `${path}: ${message}`).join('; '), { errors })
}
