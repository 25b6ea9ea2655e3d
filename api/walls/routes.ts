import { z } from 'zod'
import { abilities } from '../../contract/abilities.ts'
import { displayNameSchema } from '../../contract/http/displays.ts'
import { wallListSchema, wallSchema, wallSettingsSchema } from '../../contract/http/walls.ts'
import type { Registry } from '../../storage/registry/registry.ts'
import { defineRoute, type Route, v1 } from '../http/route.ts'

/** Walls: which monitors they are made of, who looks from where, and what they show. */
export function wallRoutes({ registry }: { registry: Pick<Registry, 'as' | 'walls'> }): Route[] {
  const tag = 'displays'
  const path = `${v1}/walls`
  const params = z.object({ id: displayNameSchema })

  return [
    defineRoute({
      method: 'get',
      path,
      tag,
      summary: 'The walls of the city',
      access: abilities.view,
      input: {},
      answer: wallListSchema,
      handle: async () => ({ items: await registry.walls.list() }),
    }),
    defineRoute({
      method: 'put',
      path: `${path}/{id}`,
      tag,
      summary: 'Describe a wall; screens that show it follow within seconds',
      access: abilities.editDisplays,
      input: { params, body: wallSettingsSchema },
      answer: wallSchema,
      refusals: ['too-many-walls'],
      handle: ({ params: { id }, body }, { caller }) => registry.as(caller().actor).walls.put(id, body),
    }),
    defineRoute({
      method: 'delete',
      path: `${path}/{id}`,
      tag,
      summary: 'Forget a wall; its screens go by their own size again',
      access: abilities.editDisplays,
      input: { params },
      refusals: ['unknown-wall'],
      handle: ({ params: { id } }, { caller }) => registry.as(caller().actor).walls.remove(id),
    }),
  ]
}
