import type { z } from 'zod'
import { abilities } from '../../contract/abilities.ts'
import {
  type Device,
  deviceKeySchema,
  deviceListQuerySchema,
  deviceListSchema,
  devicesPatchedSchema,
  devicesPatchSchema,
  newDeviceSchema,
} from '../../contract/http/devices.ts'
import { createOwnTurn, type OwnTurn } from '../../storage/own-turn.ts'
import type { Devices } from '../../storage/registry/devices/devices.ts'
import { type Call, defineRoute, type Route, v1 } from '../http/route.ts'
import type { City } from '../live/city.ts'

export interface DeviceListRouteParts {
  city: Pick<City, 'devices'>
  /** Brings the city up to the registry's last change. */
  followRegistry: () => Promise<void>
  /** Writes what the caller changes. */
  devicesAs: (call: Call) => Pick<Devices, 'create' | 'patchMany'>
  /** Adds to devices of the city what is known of their keys. */
  withKeys: (found: Device[]) => Promise<Device[]>
  /** The device as it is after a change. */
  present: (id: string) => Promise<Device>
}

type ListQuery = z.output<typeof deviceListQuerySchema>

/** All devices, as a list: its pages, a new one in it, one change in many. */
export function deviceListRoutes(parts: DeviceListRouteParts): Route[] {
  const { city, followRegistry, devicesAs, withKeys, present } = parts
  const tag = 'devices'
  const list = `${v1}/devices`
  const turn = createOwnTurn()

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
  ]
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
