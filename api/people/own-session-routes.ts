import { z } from 'zod'
import { abilities } from '../../contract/abilities.ts'
import { Refusal } from '../../contract/http/refusal.ts'
import { ownSessionListSchema } from '../../contract/http/session.ts'
import { iso } from '../../contract/time.ts'
import { sessionNameOf } from '../../storage/registry/people/sessions.ts'
import type { Registry } from '../../storage/registry/registry.ts'
import { type Call, defineRoute, type Route, v1 } from '../http/route.ts'

/** Where else somebody is signed in, and how to end it. */
export function ownSessionRoutes({ registry }: { registry: Pick<Registry, 'sessions'> }): Route[] {
  const tag = 'session'
  const path = `${v1}/sessions`

  /** Whoever is no person has none, and nobody is called so. */
  const nameOf = ({ caller }: Call) => {
    const { actor, name } = caller()
    return actor.startsWith('user:') ? name : ''
  }
  const currentOf = ({ caller }: Call) => {
    const { proof } = caller()
    return 'session' in proof ? sessionNameOf(proof.session) : undefined
  }

  return [
    defineRoute({
      method: 'get',
      path,
      tag,
      summary: "The asker's own sessions, newest first",
      access: abilities.console,
      input: {},
      answer: ownSessionListSchema,
      async handle(_input, call) {
        const current = currentOf(call)
        const items = await registry.sessions.of(nameOf(call))
        return {
          items: items.map(({ name, createdAtMs, seenAtMs, address, browser }) => ({
            id: name,
            createdAt: iso(createdAtMs),
            seenAt: iso(seenAtMs),
            address,
            browser,
            current: name === current,
          })),
        }
      },
    }),
    defineRoute({
      method: 'delete',
      path: `${path}/{id}`,
      tag,
      summary: "End one of the asker's own sessions, with its live connections",
      access: abilities.console,
      input: { params: z.object({ id: z.string().max(64) }) },
      refusals: ['unknown-session'],
      async handle({ params }, call) {
        if (!(await registry.sessions.end(nameOf(call), params.id))) throw new Refusal('unknown-session')
      },
    }),
    defineRoute({
      method: 'delete',
      path,
      tag,
      summary: "End all of the asker's sessions but this one",
      access: abilities.console,
      input: {},
      async handle(_input, call) {
        const [username, current] = [nameOf(call), currentOf(call)]
        for (const { name } of await registry.sessions.of(username))
          if (name !== current) await registry.sessions.end(username, name)
      },
    }),
  ]
}
