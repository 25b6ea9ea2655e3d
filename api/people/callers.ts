import type { IncomingMessage } from 'node:http'
import type { Actor } from '../../contract/http/audit.ts'
import { Refusal } from '../../contract/http/refusal.ts'
import type { Role } from '../../contract/roles.ts'
import type { CoalescingAudit } from '../../storage/registry/audit/coalesce.ts'
import type { DisplayProof, ProvenDisplay } from '../../storage/registry/displays/displays.ts'
import type { Sessions } from '../../storage/registry/people/sessions.ts'
import type { TokenProof } from '../../storage/registry/tokens/tokens.ts'
import { clientAddress } from '../http/client.ts'
import { displayIdentitiesOf, sessionIdsOf } from './session-cookie.ts'

/** Who asks, once it is proved. */
export interface Caller {
  /** As the audit names it. */
  actor: Actor
  name: string
  role: Role
  /** null: not before it is revoked. */
  expiresAtMs: number | null
  /** Name of the display that it is. */
  display?: string
  /** What proved it; never told. */
  proof: CallerProof
}

/** What a connection showed at its handshake; asked again as long as it lasts. */
export type CallerProof = { session: string } | { token: string } | { display: string }

export interface Callers {
  /** @throws Refusal `wrong-token`, `mqtt-only` or `not-signed-in`. A token that is shown counts alone, whatever cookie is beside it. */
  ofRequest(request: IncomingMessage): Promise<Caller>
  /** Who the cookies prove: a person before the display that the browser is. `undefined`: nobody. */
  ofCookies(request: IncomingMessage): Promise<{ proof: CallerProof; caller: Caller } | undefined>
  /** Somebody who is known asked for what the role may not. */
  refused(caller: Caller, what: string): Promise<void>
  /** `undefined` when it proves nobody (any more). `touch`: the caller is there, which moves the idle end. */
  of(proof: CallerProof, options: { touch: boolean }): Promise<Caller | undefined>
}

export interface CallersParts {
  sessions: Sessions
  tokenProof: TokenProof
  displayProof: DisplayProof
  often: CoalescingAudit
}

export function createCallers({ sessions, tokenProof, displayProof, often }: CallersParts): Callers {
  async function ofToken(text: string, options: { touch: boolean }): Promise<Caller | undefined> {
    const token = await tokenProof.find(text, options)
    // A service has no right here, whatever it asks.
    if (token === undefined || token.role === 'service') return undefined
    const { name, role, expiresAtMs } = token
    return { actor: `token:${name}`, name, role, expiresAtMs, proof: { token: text } }
  }

  async function ofSession(id: string, options: { touch: boolean }): Promise<Caller | undefined> {
    const session = await sessions.find(id, options)
    if (session === undefined) return undefined
    const { username, role, expiresAtMs } = session
    return { actor: `user:${username}`, name: username, role, expiresAtMs, proof: { session: id } }
  }

  async function ofDisplay(identity: string, options: { touch: boolean }): Promise<Caller | undefined> {
    const display = await displayProof.find(identity, options)
    return display === undefined ? undefined : displayCaller(display, identity)
  }

  async function of(proof: CallerProof, options: { touch: boolean }): Promise<Caller | undefined> {
    if ('token' in proof) return ofToken(proof.token, options)
    if ('session' in proof) return ofSession(proof.session, options)
    return ofDisplay(proof.display, options)
  }

  async function firstOf(proofs: readonly CallerProof[]): Promise<{ proof: CallerProof; caller: Caller } | undefined> {
    for (const proof of proofs) {
      const caller = await of(proof, { touch: true })
      if (caller !== undefined) return { proof, caller }
    }
    return undefined
  }

  /** @throws Refusal `mqtt-only` where it is the token of a service. */
  async function refuseService(text: string): Promise<void> {
    const service = await tokenProof.find(text, { touch: false })
    if (service?.role !== 'service') return
    await often.note(`token:${service.name}`, { action: 'access.refused', target: 'HTTP' })
    throw new Refusal('mqtt-only')
  }

  async function ofCookies(request: IncomingMessage): Promise<{ proof: CallerProof; caller: Caller } | undefined> {
    const person = await firstOf(sessionIdsOf(request).map((session) => ({ session })))
    return person ?? firstOf(displayIdentitiesOf(request).map((display) => ({ display })))
  }

  return {
    of,
    ofCookies,
    refused: ({ actor }, what) => often.note(actor, { action: 'access.refused', target: what }),
    async ofRequest(request) {
      const { authorization } = request.headers
      if (authorization !== undefined) {
        const token = /^Bearer +(\S+) *$/i.exec(authorization)?.[1] ?? ''
        const caller = await of({ token }, { touch: true })
        if (caller !== undefined) return caller
        await refuseService(token)
        const detail = { address: clientAddress(request), why: 'wrong-token' }
        await often.note('system:api', { action: 'session.refused', detail })
        throw new Refusal('wrong-token')
      }
      const known = await ofCookies(request)
      if (known === undefined) throw new Refusal('not-signed-in')
      return known.caller
    },
  }
}

function displayCaller({ name, expiresAtMs }: ProvenDisplay, identity: string): Caller {
  const proof = { display: identity }
  return { actor: `display:${name}`, name, role: 'wall', expiresAtMs, display: name, proof }
}
