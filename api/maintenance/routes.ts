import { z } from 'zod'
import { abilities } from '../../contract/abilities.ts'
import {
  maintenanceIdSchema,
  maintenanceListQuerySchema,
  maintenanceListSchema,
  maintenancePatchSchema,
  maintenanceSchema,
  newMaintenanceSchema,
} from '../../contract/http/maintenance.ts'
import type { Registry } from '../../storage/registry/registry.ts'
import { type Call, defineRoute, type Route, v1 } from '../http/route.ts'

export interface MaintenanceRouteParts {
  registry: Pick<Registry, 'as' | 'maintenance'>
  /** Brings the city up to the registry's last change. */
  followRegistry: () => Promise<void>
}

/** 5,000 ids of 63 characters. */
const maxBodyBytes = 400_000

/** Maintenance windows. A wall sees of them when they end, on each device: not why, and not who made them. */
export function maintenanceRoutes({ registry, followRegistry }: MaintenanceRouteParts): Route[] {
  const tag = 'maintenance'
  const path = `${v1}/maintenance`
  const single = `${path}/{id}`
  const params = z.object({ id: maintenanceIdSchema })

  const maintenanceAs = ({ caller }: Call) => registry.as(caller().actor).maintenance

  /** Whoever asks next sees the devices as this change left them. */
  async function followed<T>(changed: Promise<T>): Promise<T> {
    const result = await changed
    await followRegistry()
    return result
  }

  return [
    defineRoute({
      method: 'get',
      path,
      tag,
      summary: 'Maintenance that is running or to come, and past one where asked for',
      access: abilities.console,
      input: { query: maintenanceListQuerySchema },
      answer: maintenanceListSchema,
      handle: async ({ query }) => ({ items: await registry.maintenance.list({ past: query.past === 'true' }) }),
    }),
    defineRoute({
      method: 'post',
      path,
      tag,
      summary: 'Take devices into maintenance, now or later: they count neither as live nor as broken',
      access: abilities.editMaintenance,
      input: { body: newMaintenanceSchema },
      maxBodyBytes,
      status: 201,
      answer: maintenanceSchema,
      refusals: ['maintenance-time', 'unknown-device', 'too-many-maintenances', 'too-much-maintenance'],
      handle: ({ body }, call) => followed(maintenanceAs(call).create(body)),
    }),
    defineRoute({
      method: 'patch',
      path: single,
      tag,
      summary: 'Let it end at another time, or say why better',
      access: abilities.editMaintenance,
      input: { params, body: maintenancePatchSchema },
      answer: maintenanceSchema,
      refusals: ['maintenance-time', 'unknown-maintenance', 'maintenance-over'],
      handle: ({ params: { id }, body }, call) => followed(maintenanceAs(call).patch(id, body)),
    }),
    defineRoute({
      method: 'delete',
      path: single,
      tag,
      summary: 'End one that is running, now; cancel one that is to come',
      access: abilities.editMaintenance,
      input: { params },
      refusals: ['unknown-maintenance', 'maintenance-over'],
      handle: ({ params: { id } }, call) => followed(maintenanceAs(call).end(id)),
    }),
  ]
}
