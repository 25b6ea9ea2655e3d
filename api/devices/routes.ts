import { z } from 'zod'
import { abilities } from '../../contract/abilities.ts'
import {
  type Device,
  deviceKeySchema,
  devicePatchSchema,
  deviceSchema,
  newKeySchema,
} from '../../contract/http/devices.ts'
import { Refusal } from '../../contract/http/refusal.ts'
import { deviceIdSchema } from '../../contract/topics.ts'
import type { Registry } from '../../storage/registry/registry.ts'
import { type Call, defineRoute, type Route, v1 } from '../http/route.ts'
import type { City } from '../live/city.ts'
import { keyTimes } from '../live/device-view.ts'
import { deviceListRoutes } from './list-routes.ts'

export interface DeviceRouteParts {
  city: City
  registry: Pick<Registry, 'as' | 'devices'>
  /** Brings the city up to the registry's last change. */
  followRegistry: () => Promise<void>
}

export const deviceParams = z.object({ id: deviceIdSchema })

export function deviceRoutes({ city, registry, followRegistry }: DeviceRouteParts): Route[] {
  const tag = 'devices'
  const single = `${v1}/devices/{id}`

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
    ...deviceListRoutes({ city, followRegistry, devicesAs, withKeys, present }),
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

export function requireDevice(city: Pick<City, 'device'>, id: string): Device {
  const device = city.device(id)
  if (device === undefined) throw new Refusal('unknown-device', `There is no device "${id}".`)
  return device
}
