import { z } from 'zod'
import { abilities } from '../../contract/abilities.ts'
import {
  type Device,
  deviceKeySchema,
  deviceListQuerySchema,
  deviceListSchema,
  devicePatchSchema,
  deviceSchema,
  devicesPatchedSchema,
  devicesPatchSchema,
  newDeviceSchema,
  newKeySchema,
} from '../../contract/http/devices.ts'
import { Refusal } from '../../contract/http/refusal.ts'
import { deviceIdSchema } from '../../contract/topics.ts'
import { createOwnTurn, type OwnTurn } from '../../storage/own-turn.ts'
import type { Registry } from '../../storage/registry/registry.ts'
import { type Call, defineRoute, type Route, v1 } from '../http/route.ts'
import type { City } from '../live/city.ts'
import { keyTimes } from '../live/device-view.ts'

export interface DeviceRouteParts {
  city: City
  registry: Pick<Registry, 'as' | 'devices'>
  /** Brings the city up to the registry's last change. */
  followRegistry: () => Promise<void>
}

export const deviceParams = z.object({ id: deviceIdSchema })
type ListQuery = z.output<typeof deviceListQuerySchema>

export function deviceRoutes({ city, registry, followRegistry }: DeviceRouteParts): Route[] {
  const tag = 'devices'
  const list = `${v1}/devices`
  const single = `${list}/{id}`
  const turn = createOwnTurn()

  const devicesAs = ({ caller }: Call) => registry.as(caller().actor).devices

  async function present(id: string): Promise<Device> {
    await followRegistry()
    return one(id)
  }

  async function one(id: string): Promise<Device> {
    const [device] = await withKeys([requireDevice(city, id)])
    return device ?? requireDevice(city, id)
  }

  /** Sign-ins are no change of a device, so the city does not hear of them. */
  async function withKeys(found: Device[]): Promise<Device[]> {
    const facts = await registry.devices.keyFacts(found.map(({ id }) => id))
    return found.map((device) => {
      const known = facts.get(device.id)
      return known === undefined ? device : { ...device, ...keyTimes(known) }
    })
  }

  return [
    defineRoute({
      method: 'get',
      path: list,
      tag,
      summary: 'Registered devices, in order of id',
      access: abilities.view,
      input: { query: deviceListQuerySchema },
      answer: deviceListSchema,
      async handle({ query }) {
        const { items, nextCursor } = await pageOf(city.devices(), query, turn)
        return { items: await withKeys(items), nextCursor }
      },
    }),
    defineRoute({
      method: 'post',
      path: list,
      tag,
      summary: 'Register a device; its key is shown this once',
      access: abilities.editDevices,
      input: { body: newDeviceSchema },
      status: 201,
      answer: deviceKeySchema,
      refusals: [
        'unknown-profile',
        'unknown-parent',
        'parent-cycle',
        'device-exists',
        'too-many-devices',
        'simulated-refused',
      ],
      async handle({ body }, call) {
        const { key } = await devicesAs(call).create(body)
        call.response.location(`${list}/${body.id}`)
        return { device: await present(body.id), key }
      },
    }),
    defineRoute({
      method: 'patch',
      path: list,
      tag,
      summary: 'Make the same change in many devices, in all of them or in none; null clears',
      access: abilities.editDevices,
      input: { body: devicesPatchSchema },
      answer: devicesPatchedSchema,
      refusals: ['unknown-device', 'unknown-parent', 'parent-cycle'],
      async handle({ body }, call) {
        const result = await devicesAs(call).patchMany(body)
        await followRegistry()
        return result
      },
    }),
    defineRoute({
      method: 'get',
      path: single,
      tag,
      summary: 'One device',
      access: abilities.view,
      input: { params: deviceParams },
      answer: deviceSchema,
      refusals: ['unknown-device'],
      handle: ({ params }) => one(params.id),
    }),
    defineRoute({
      method: 'patch',
      path: single,
      tag,
      summary: 'Change what is registered; null clears',
      access: abilities.editDevices,
      input: { params: deviceParams, body: devicePatchSchema },
      answer: deviceSchema,
      refusals: ['unknown-device', 'unknown-parent', 'parent-cycle'],
      async handle({ params, body }, call) {
        await devicesAs(call).patch(params.id, body)
        return present(params.id)
      },
    }),
    defineRoute({
      method: 'delete',
      path: single,
      tag,
      summary: 'Remove a device; its history stays until it is too old',
      access: abilities.editDevices,
      input: { params: deviceParams },
      refusals: ['unknown-device', 'device-has-children'],
      async handle({ params }, call) {
        await devicesAs(call).remove(params.id)
        await followRegistry()
      },
    }),
    defineRoute({
      method: 'post',
      path: `${single}/key`,
      tag,
      summary: 'Give a new key, shown this once; the old one works on for the overlap, or ends with {"now": true}',
      access: abilities.editDevices,
      input: { params: deviceParams, body: newKeySchema.optional() },
      answer: deviceKeySchema,
      refusals: ['unknown-device'],
      async handle({ params, body }, call) {
        const { key } = await devicesAs(call).newKey(params.id, { atOnce: body?.now ?? false })
        return { device: await present(params.id), key }
      },
    }),
    defineRoute({
      method: 'post',
      path: `${single}/revoke`,
      tag,
      summary: 'Take keys and certificates away; a live connection is cut off',
      access: abilities.editDevices,
      input: { params: deviceParams },
      answer: deviceSchema,
      refusals: ['unknown-device'],
      async handle({ params }, call) {
        await devicesAs(call).revoke(params.id)
        return present(params.id)
      },
    }),
  ]
}

export function requireDevice(city: City, id: string): Device {
  const device = city.device(id)
  if (device === undefined) throw new Refusal('unknown-device', `There is no device "${id}".`)
  return device
}

/** Devices that are looked through before others have their turn. */
const lookedAtOnce = 200

/** The cursor is the last id of the page before: what is registered or removed meanwhile shifts nothing. */
async function pageOf(
  all: Iterable<Device>,
  query: ListQuery,
  turn: OwnTurn,
): Promise<z.output<typeof deviceListSchema>> {
  const items: Device[] = []
  let seen = 0
  for (const device of all) {
    seen += 1
    if (seen % lookedAtOnce === 0) await turn()
    if (query.cursor !== undefined && device.id <= query.cursor) continue
    if (!matches(device, query)) continue
    if (items.length === query.limit) return { items, nextCursor: items.at(-1)?.id ?? null }
    items.push(device)
  }
  return { items, nextCursor: null }
}

function matches(device: Device, { kind, profile, state, area, q }: ListQuery): boolean {
  if (kind !== undefined && device.kind !== kind) return false
  if (profile !== undefined && device.profile !== profile) return false
  if (state !== undefined && device.state !== state) return false
  if (area !== undefined && !isInArea(device.areaCode, area)) return false
  return q === undefined || isFound(device, q.trim().toLowerCase())
}

/** Kemendagri codes go from the large to the small, with dots: `12.75.01.1001` lies in `12.75.01`. */
function isInArea(code: string | null, area: string): boolean {
  return code === area || (code?.startsWith(`${area}.`) ?? false)
}

function isFound({ id, name, opd }: Device, text: string): boolean {
  return [id, name, opd].some((words) => words?.toLowerCase().includes(text) ?? false)
}
