import type { IncomingMessage } from 'node:http'
import type { Actor } from '../../contract/audit.ts'
import type { Role } from '../../contract/http.ts'
import type { CoalescingAudit } from '../audit/coalesce.ts'
import { Refusal } from '../refusal.ts'
import type { DisplayProof, ProvenDisplay } from '../registry/displays.ts'
import type { Sessions } from '../registry/sessions.ts'
import type { TokenProof } from '../registry/tokens.ts'
import { clientAddress } from './client.ts'
import { displayIdentityOf, sessionIdOf } from './session-cookie.ts'

/** Who asks, once it is proved. */
export interface Caller {
  /** As the audit names it. */
  actor: Actor
  name: string
  role: Role
  /** null: not before it is revoked. */
  expiresAtMs: number | null
  /** Name of the wall's screen that it is. */
  display?: string
}

/** What a connection showed at its handshake; asked again as long as it lasts. */
export type Proof = { session: string } | { token: string } | { display: string }

export interface Callers {
  /** @throws Refusal `wrong-token` or `not-signed-in`. A token that is shown counts alone, whatever cookie is beside it. */
  ofRequest(request: IncomingMessage): Promise<Caller>
  /** Who the cookies prove: a person before the screen that the browser is. `undefined`: nobody. */
  ofCookies(header: string | undefined): Promise<{ proof: Proof; caller: Caller } | undefined>
  /** Somebody who is known asked for what the role may not. */
  refused(caller: Caller, what: string): Promise<void>
  /** `undefined` when it proves nobody (any more). `touch`: the caller is there, which moves the idle end. */
  of(proof: Proof, options: { touch: boolean }): Promise<Caller | undefined>
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
    if (token === undefined) return undefined
    const { name, role, expiresAtMs } = token
    return { actor: `token:${name}`, name, role, expiresAtMs }
  }

  async function ofSession(id: string, options: { touch: boolean }): Promise<Caller | undefined> {
    const session = await sessions.find(id, options)
    if (session === undefined) return undefined
    const { username, role, expiresAtMs } = session
    return { actor: `user:${username}`, name: username, role, expiresAtMs }
  }

  async function ofDisplay(identity: string, options: { touch: boolean }): Promise<Caller | undefined> {
    const display = await displayProof.find(identity, options)
    return display === undefined ? undefined : displayCaller(display)
  }

  async function of(proof: Proof, options: { touch: boolean }): Promise<Caller | undefined> {
    if ('token' in proof) return ofToken(proof.token, options)
    if ('session' in proof) return ofSession(proof.session, options)
    return ofDisplay(proof.display, options)
  }

  async function ofCookies(header: string | undefined): Promise<{ proof: Proof; caller: Caller } | undefined> {
    const session = sessionIdOf(header)
    const person = session === undefined ? undefined : await ofSession(session, { touch: true })
    if (session !== undefined && person !== undefined) return { proof: { session }, caller: person }
    const identity = displayIdentityOf(header)
    const screen = identity === undefined ? undefined : await ofDisplay(identity, { touch: true })
    return identity === undefined || screen === undefined ? undefined : { proof: { display: identity }, caller: screen }
  }

  return {
    of,
    ofCookies,
    refused: ({ actor }, what) => often.note(actor, { action: 'access.refused', target: what }),
    async ofRequest(request) {
      const { authorization, cookie } = request.headers
      if (authorization !== undefined) {
        const token = /^Bearer +(\S+) *$/i.exec(authorization)?.[1] ?? ''
        const caller = await of({ token }, { touch: true })
        if (caller !== undefined) return caller
        const detail = { address: clientAddress(request), why: 'wrong-token' }
        await often.note('system:api', { action: 'session.refused', detail })
        throw new Refusal('wrong-token')
      }
      const known = await ofCookies(cookie)
      if (known === undefined) throw new Refusal('not-signed-in')
      return known.caller
    },
  }
}

function displayCaller({ name, expiresAtMs }: ProvenDisplay): Caller {
  return { actor: `display:${name}`, name, role: 'wall', expiresAtMs, display: name }
}
