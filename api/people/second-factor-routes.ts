import { abilities } from '../../contract/abilities.ts'
import { Refusal } from '../../contract/http/refusal.ts'
import {
  confirmSchema,
  enrolmentSchema,
  enrolSchema,
  newPasswordSchema,
  recoveryCodesSchema,
} from '../../contract/http/session.ts'
import type { Registry } from '../../storage/registry/registry.ts'
import { clientAddress, untilAnswered } from '../http/client.ts'
import { type Call, defineRoute, type Route, v1 } from '../http/route.ts'
import { createCodeLimit } from './code-limit.ts'
import type { PersonSignIn } from './sign-in.ts'

export interface SecondFactorRouteParts {
  registry: Pick<Registry, 'as'>
  signIn: PersonSignIn
  now: () => number
}

/** What proves a person, in the person's own hands: the password, and an authenticator with one-time codes (RFC 6238). */
export function secondFactorRoutes({ registry, signIn, now }: SecondFactorRouteParts): Route[] {
  const tag = 'session'
  const path = `${v1}/session/totp`
  // Of a secret that the asker made: a found session must not become a second factor by trying.
  const confirmations = createCodeLimit({ now, atOnce: 9, everyMs: 60_000 })
  return [
    defineRoute({
      method: 'post',
      path: `${v1}/session/password`,
      tag,
      summary: 'Take another password; all sessions of the person end, this one too',
      access: abilities.console,
      input: { body: newPasswordSchema },
      refusals: ['weak-password', 'wrong-login', 'code-needed', 'wrong-code', 'too-many-attempts', 'busy'],
      async handle({ body: { newPassword, ...proof } }, call) {
        const { actor, name } = requirePerson(call)
        await signIn.prove({ username: name, ...proof, ...from(call) })
        await registry.as(actor).people.setPassword(name, newPassword)
      },
    }),
    defineRoute({
      method: 'post',
      path,
      tag,
      summary: 'Begin with a second factor; its secret is shown this once',
      access: abilities.console,
      input: { body: enrolSchema },
      answer: enrolmentSchema,
      refusals: ['wrong-login', 'code-needed', 'wrong-code', 'too-many-attempts', 'busy'],
      async handle({ body }, call) {
        const { actor, name } = requirePerson(call)
        await signIn.prove({ username: name, ...body, ...from(call) })
        return registry.as(actor).secondFactors.begin(name)
      },
    }),
    defineRoute({
      method: 'post',
      path: `${path}/confirm`,
      tag,
      summary:
        'The first code of the new authenticator: it is asked for from now on; gives recovery codes, shown this once, and ends all other sessions',
      access: abilities.console,
      input: { body: confirmSchema },
      answer: recoveryCodesSchema,
      refusals: ['wrong-code', 'too-many-attempts'],
      async handle({ body }, call) {
        const { actor, name, proof } = requirePerson(call)
        const turn = await confirmations.turn(name, () => 0)
        const here = { session: 'session' in proof ? proof.session : undefined }
        const recoveryCodes = await registry.as(actor).secondFactors.confirm(name, body.code, here)
        turn.right()
        return { recoveryCodes }
      },
    }),
  ]
}

function from({ request, response }: Call) {
  return { address: clientAddress(request), signal: untilAnswered(response) }
}

function requirePerson({ caller }: Call) {
  const known = caller()
  if (!known.actor.startsWith('user:')) throw new Refusal('not-allowed', 'Only people have a second factor.')
  return known
}
