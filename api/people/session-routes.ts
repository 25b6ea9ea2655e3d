import type { Request, Response } from 'express'
import { abilities } from '../../contract/abilities.ts'
import { loginSchema, type Session, sessionSchema } from '../../contract/http/session.ts'
import { iso } from '../../contract/time.ts'
import type { SignInFacts } from '../../storage/registry/people/sessions.ts'
import type { Registry } from '../../storage/registry/registry.ts'
import { clientAddress, untilAnswered } from '../http/client.ts'
import { defineRoute, type Route, v1 } from '../http/route.ts'
import type { Caller } from './callers.ts'
import { clearSession, sessionIdsOf, setSession } from './session-cookie.ts'
import type { PersonSignIn } from './sign-in.ts'

export interface SessionRouteParts {
  registry: Pick<Registry, 'sessions'>
  signIn: PersonSignIn
}

export function sessionRoutes({ registry, signIn }: SessionRouteParts): Route[] {
  const path = `${v1}/session`

  const tag = 'session'
  return [
    defineRoute({
      method: 'post',
      path,
      tag,
      summary: 'Sign in; sets the session cookie',
      access: 'public',
      input: { body: loginSchema },
      answer: sessionSchema,
      refusals: ['wrong-login', 'code-needed', 'wrong-code', 'second-factor-required', 'too-many-attempts', 'busy'],
      async handle({ body }, { request, response }) {
        const address = clientAddress(request)
        const person = await signIn.prove({ ...body, address, signal: untilAnswered(response) })
        for (const before of sessionIdsOf(request)) await registry.sessions.close(before)
        return openSession({ registry, request, response }, person.username, {
          by: body.code === undefined ? 'password' : 'password-and-code',
          address,
        })
      },
    }),
    defineRoute({
      method: 'get',
      path,
      tag,
      summary: 'Who is signed in',
      access: abilities.signedIn,
      input: {},
      answer: sessionSchema,
      handle: (_input, { caller }) => sessionView(caller()),
    }),
    defineRoute({
      method: 'delete',
      path,
      tag,
      summary: 'Sign out',
      access: abilities.signedIn,
      input: {},
      async handle(_input, { request, response }) {
        for (const id of sessionIdsOf(request)) await registry.sessions.close(id)
        clearSession(request, response)
      },
    }),
  ]
}

/** Opens a session for a person who has proved to be it, and gives its cookie to the browser. */
export async function openSession(
  { registry, request, response }: { registry: Pick<Registry, 'sessions'>; request: Request; response: Response },
  username: string,
  how: Omit<SignInFacts, 'browser'>,
): Promise<Session> {
  const { id, session } = await registry.sessions.open(username, { ...how, browser: request.headers['user-agent'] })
  setSession(request, response, id)
  return sessionView({ name: session.username, ...session })
}

function sessionView(caller: Pick<Caller, 'name' | 'role' | 'expiresAtMs' | 'display'>): Session {
  const { name, role, expiresAtMs, display = null } = caller
  return { username: name, role, display, expiresAt: iso(expiresAtMs) }
}
