import { type Ability, isAble } from '../../../contract/abilities.ts'
import type { Session } from '../../../contract/http/session.ts'
import { roles } from '../../../contract/roles.ts'
import { createObservable, type Observable } from '../kit/observable.ts'
import { type HttpClient, RestError } from './http-client.ts'

/** `unknown` until the server said; `unreachable` when it did not answer. */
export type SessionState =
  | { phase: 'unknown' | 'unreachable' }
  | { phase: 'out'; ended: boolean }
  | { phase: 'in'; session: Session }

export interface SessionKeeper extends Observable<SessionState> {
  /** Asks the server who we are. */
  refresh(): Promise<void>
  /** @param code of the authenticator, once the server has asked for it. */
  login(username: string, password: string, code?: string): Promise<void>
  logout(): Promise<void>
  /** The server no longer knows our cookie. */
  ended(): void
}

/** Whether the session's role may; the server decides again. */
export function can(state: SessionState, ability: Ability): boolean {
  return state.phase === 'in' && isAble(state.session.role, ability)
}

const path = '/api/v1/session'

/** Small enough to come with the first picture, which waits for it. */
function readSession(body: unknown): Session | undefined {
  if (typeof body !== 'object' || body === null) return undefined
  const { username, role, display = null } = body as Partial<Record<keyof Session, unknown>>
  const isOurs = typeof username === 'string' && typeof role === 'string' && roles.some((one) => one === role)
  const isNamed = display === null || typeof display === 'string'
  // Every field that the type names was looked at but the end, which no page asks for.
  return isOurs && isNamed ? (body as Session) : undefined
}

export function createSession({ rest }: { rest: () => HttpClient }): SessionKeeper {
  const state = createObservable<SessionState>({ phase: 'unknown' })

  async function refresh(): Promise<void> {
    try {
      state.set({ phase: 'in', session: await rest().get(path, readSession) })
    } catch (error) {
      if (error instanceof RestError && error.status === 401)
        state.set({ phase: 'out', ended: state.get().phase === 'in' })
      else if (state.get().phase === 'unknown') state.set({ phase: 'unreachable' })
    }
  }

  return {
    ...state,
    refresh,
    async login(username, password, code) {
      await rest().send('POST', path, { username, password, ...(code !== undefined && { code }) })
      await refresh()
    },
    async logout() {
      await rest().send('DELETE', path)
      state.set({ phase: 'out', ended: false })
    },
    ended: () => state.set({ phase: 'out', ended: true }),
  }
}
