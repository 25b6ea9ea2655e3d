import { z } from 'zod'
import { abilities } from '../../contract/abilities.ts'
import {
  claimAnswerSchema,
  claimSchema,
  displayListSchema,
  displayNameSchema,
  displaySchema,
  newDisplaySchema,
  pairingSchema,
  renewalSchema,
} from '../../contract/http/displays.ts'
import { Refusal } from '../../contract/http/refusal.ts'
import { iso } from '../../contract/time.ts'
import type { Registry } from '../../storage/registry/registry.ts'
import { clientAddress } from '../http/client.ts'
import { type Call, defineRoute, type Route, v1 } from '../http/route.ts'
import { setIdentity } from '../people/session-cookie.ts'
import type { DisplayMonitor } from './monitor.ts'
import type { Pairings } from './pairings.ts'

export interface DisplayRouteParts {
  registry: Pick<Registry, 'as' | 'displays' | 'displayProof'>
  pairings: Pairings
  displayMonitor: DisplayMonitor
  /** The live connection of this number goes on by another identity, if it began by this one. */
  moveStream: (connection: string, from: string, to: string) => void
}

/** Displays: paired by a code that the display shows and an admin types. */
export function displayRoutes({ registry, pairings, displayMonitor, moveStream }: DisplayRouteParts): Route[] {
  const tag = 'displays'
  const path = `${v1}/displays`
  const displaysAs = ({ caller }: Call) => registry.as(caller().actor).displays
  const give = ({ request, response }: Pick<Call, 'request' | 'response'>, identity: string) =>
    setIdentity(request, response, identity)

  return [
    defineRoute({
      method: 'post',
      path: `${path}/pairings`,
      tag,
      summary: 'A screen asks to be paired and gets a code to show',
      access: 'public',
      input: {},
      status: 201,
      answer: pairingSchema,
      refusals: ['too-many-attempts'],
      handle(_input, { request }) {
        const { expiresAtMs, ...pairing } = pairings.begin(clientAddress(request))
        return { ...pairing, expiresAt: iso(expiresAtMs) }
      },
    }),
    defineRoute({
      method: 'post',
      path: `${path}/pairings/{id}/claim`,
      tag,
      summary: 'The screen asks whether its code was typed; once it was, the answer sets its cookie',
      access: 'public',
      input: { params: z.object({ id: z.string().max(64) }), body: claimSchema },
      answer: claimAnswerSchema,
      handle({ params, body }, call) {
        const claimed = pairings.claim(params.id, body.secret)
        if (typeof claimed === 'string') return { state: claimed }
        give(call, claimed.identity)
        return { state: 'approved' as const }
      },
    }),
    defineRoute({
      method: 'get',
      path,
      tag,
      summary: 'The screens of the wall and what each does at present',
      access: abilities.view,
      input: {},
      answer: displayListSchema,
      handle: async () => ({ items: displayMonitor.views(await registry.displays.list()) }),
    }),
    defineRoute({
      method: 'post',
      path,
      tag,
      summary: 'Take in the screen that shows this code',
      access: abilities.editDisplays,
      input: { body: newDisplaySchema },
      status: 201,
      answer: displaySchema,
      refusals: ['unknown-code', 'display-exists'],
      async handle({ body: { name, code } }, call) {
        if (pairings.find(code) === undefined) throw new Refusal('unknown-code')
        const { record, identity } = await displaysAs(call).create(name)
        pairings.approve(code, identity)
        return displayMonitor.view(record)
      },
    }),
    defineRoute({
      method: 'delete',
      path: `${path}/{name}`,
      tag,
      summary: 'Unpair a screen; it shows a code again',
      access: abilities.editDisplays,
      input: { params: z.object({ name: displayNameSchema }) },
      refusals: ['unknown-display'],
      handle: ({ params }, call) => displaysAs(call).remove(params.name),
    }),
    defineRoute({
      method: 'post',
      path: `${path}/self/renewals`,
      tag,
      summary:
        'A paired screen renews its own identity; the one before ends within a minute, with its live connections',
      access: abilities.ownDisplay,
      input: { body: renewalSchema },
      refusals: ['unknown-display'],
      async handle({ body }, call) {
        const { proof } = call.caller()
        const identity = 'display' in proof ? proof.display : undefined
        const next = identity === undefined ? undefined : await registry.displayProof.renew(identity)
        if (next === undefined) throw new Refusal('unknown-display', 'Only a paired screen has an identity to renew.')
        if (identity !== undefined && body?.connection !== undefined) moveStream(body.connection, identity, next)
        give(call, next)
      },
    }),
  ]
}
