import type { IncomingMessage } from 'node:http'
import type { Actor } from '../../contract/audit.ts'
import type { Role } from '../../contract/http.ts'
import type { CoalescingAudit } from '../audit/coalesce.ts'
import { Refusal } from '../refusal.ts'
import type { Sessions } from '../registry/sessions.ts'
import type { TokenProof } from '../registry/tokens.ts'
import { sessionIdOf } from './session-cookie.ts'

/** Who asks, once it is proved. */
export interface Caller {
  /** As the audit names it. */
  actor: Actor
  name: string
  role: Role
  /** null: not before it is revoked. */
  expiresAtMs: number | null
}

/** What a connection showed at its handshake; asked again as long as it lasts. */
export type Proof = { session: string } | { token: string }

export interface Callers {
  /** @throws Refusal `wrong-token` or `not-signed-in`. A token that is shown counts alone, whatever cookie is beside it. */
  ofRequest(request: IncomingMessage): Promise<Caller>
  /** Somebody who is known asked for what the role may not. */
  refused(caller: Caller, what: string): Promise<void>
  /** `undefined` when it proves nobody (any more). `touch`: the caller is there, which moves the idle end. */
  of(proof: Proof, options: { touch: boolean }): Promise<Caller | undefined>
}

export interface CallersParts {
  sessions: Sessions
  tokenProof: TokenProof
  often: CoalescingAudit
}

export function createCallers({ sessions, tokenProof, often }: CallersParts): Callers {
  async function of(proof: Proof, options: { touch: boolean }): Promise<Caller | undefined> {
    if ('token' in proof) {
      const token = await tokenProof.find(proof.token, options)
      if (token === undefined) return undefined
      const { name, role, expiresAtMs } = token
      return { actor: `token:${name}`, name, role, expiresAtMs }
    }
    const session = await sessions.find(proof.session, options)
    if (session === undefined) return undefined
    const { username, role, expiresAtMs } = session
    return { actor: `user:${username}`, name: username, role, expiresAtMs }
  }

  return {
    of,
    refused: ({ actor }, what) => often.note(actor, { action: 'access.refused', target: what }),
    async ofRequest(request) {
      const { authorization, cookie } = request.headers
      if (authorization !== undefined) {
        const token = /^Bearer +(\S+) *$/i.exec(authorization)?.[1] ?? ''
        const caller = await of({ token }, { touch: true })
        if (caller !== undefined) return caller
        const detail = { address: request.socket.remoteAddress ?? '', why: 'wrong-token' }
        await often.note('system:api', { action: 'session.refused', detail })
        throw new Refusal('wrong-token')
      }
      const session = sessionIdOf(cookie)
      const caller = session === undefined ? undefined : await of({ session }, { touch: true })
      if (caller === undefined) throw new Refusal('not-signed-in')
      return caller
    },
  }
}
