import type { Response } from 'express'
import type { Logger } from 'pino'
import { loginSchema, type Session, sessionSchema } from '../../contract/http.ts'
import type { CoalescingAudit } from '../audit/coalesce.ts'
import type { LoginThrottle } from '../http/login-throttle.ts'
import { defineRoute, type Route } from '../http/route.ts'
import { cookieOptions, sessionCookie, sessionIdOf } from '../http/session-cookie.ts'
import { Refusal, type RefusalCode } from '../refusal.ts'
import type { Registry } from '../registry/registry.ts'
import type { LiveSession, SignInFacts } from '../registry/sessions.ts'
import { everyone, v1 } from './access.ts'

export interface SessionRouteParts {
  registry: Pick<Registry, 'people' | 'sessions'>
  throttle: LoginThrottle
  often: CoalescingAudit
  secure: boolean
  log: Logger
}

export function sessionRoutes({ registry, throttle, often, secure, log }: SessionRouteParts): Route[] {
  const path = `${v1}/session`

  /** Somebody who mistypes may have written the password where the name belongs: only names that exist are kept. */
  async function refused(username: string, address: string, why: RefusalCode): Promise<void> {
    log.warn({ address, why }, 'a login was refused')
    const known = await registry.people.exists(username)
    const detail = { address, why }
    await often.note('system:api', {
      action: 'session.refused',
      ...(known && { target: username.toLowerCase() }),
      detail,
    })
  }
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
      refusals: ['wrong-login', 'too-many-attempts', 'busy'],
      async handle({ body }, { request, response }) {
        const address = request.socket.remoteAddress ?? ''
        try {
          throttle.attempt(body.username, address)
        } catch (error) {
          if (error instanceof Refusal) await refused(body.username, address, error.code)
          throw error
        }
        const person = await registry.people.verify(body.username, body.password)
        if (person === undefined) {
          await refused(body.username, address, 'wrong-login')
          throw new Refusal('wrong-login')
        }
        throttle.succeeded(body.username, address)
        const before = sessionIdOf(request.headers.cookie)
        if (before !== undefined) await registry.sessions.close(before)
        return openSession({ registry, response, secure }, person.username, { by: 'password', address })
      },
    }),
    defineRoute({
      method: 'get',
      path,
      tag,
      summary: 'Who is signed in',
      access: everyone,
      input: {},
      answer: sessionSchema,
      handle: (_input, { caller }) => sessionView(caller().session),
    }),
    defineRoute({
      method: 'delete',
      path,
      tag,
      summary: 'Sign out',
      access: everyone,
      input: {},
      async handle(_input, { request, response }) {
        const id = sessionIdOf(request.headers.cookie)
        if (id !== undefined) await registry.sessions.close(id)
        response.clearCookie(sessionCookie, cookieOptions(secure))
      },
    }),
  ]
}

/** Opens a session for a person who has proved to be it, and gives its cookie to the browser. */
export async function openSession(
  { registry, response, secure }: { registry: Pick<Registry, 'sessions'>; response: Response; secure: boolean },
  username: string,
  how: SignInFacts,
): Promise<Session> {
  const { id, session } = await registry.sessions.open(username, how)
  response.cookie(sessionCookie, id, cookieOptions(secure))
  return sessionView(session)
}

function sessionView({ username, role, expiresAtMs }: LiveSession): Session {
  return { username, role, expiresAt: new Date(expiresAtMs).toISOString() }
}
