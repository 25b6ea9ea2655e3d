import type { AuthenticateError, Client } from 'aedes'
import type { RefusalReason, Refusals } from '../inbound/refusals.ts'
import type { SignInThrottle } from './sign-in-throttle.ts'

/** Return codes of CONNACK (table 3.1). */
export const codes = { unavailable: 3, badLogin: 4, notAuthorized: 5 } as const

/** What a CONNECT asked for. */
export interface Asked {
  clientId: string
  clean: boolean
  userName: string
  /** Tells this client from another: what its CONNECT says, but for the password. */
  form: string
}

export type ConnectAnswer = (error: AuthenticateError | null, ok: boolean | null) => void

export interface ConnectRefusalsParts {
  asked: WeakMap<Client, Asked>
  throttle: SignInThrottle
  refusals: Refusals
  addressOf: (client: Client) => string
}

/** Refuses connections, counted by who they claimed to be; a wrong key waits for its answer after a while. */
export function createConnectRefusals({ asked, throttle, refusals, addressOf }: ConnectRefusalsParts) {
  function refuse(client: Client, reason: RefusalReason, returnCode: number, done: ConnectAnswer): void {
    const { userName = '', clientId = '' } = asked.get(client) ?? {}
    refusals.count(reason, { address: addressOf(client), userName, clientId })
    done(Object.assign(new Error(reason), { returnCode }), null)
  }

  function refuseLogin(client: Client, done: ConnectAnswer): void {
    const address = addressOf(client)
    const waitMs = throttle.failed(address, asked.get(client)?.userName ?? '')
    if (waitMs === 0) return refuse(client, 'bad-credentials', codes.badLogin, done)
    refusals.count('login-throttled', { address, userName: asked.get(client)?.userName })
    setTimeout(refuse, waitMs, client, 'bad-credentials', codes.badLogin, done).unref()
  }

  function refuseProof(client: Client, reason: RefusalReason, done: ConnectAnswer): void {
    if (reason === 'bad-credentials') refuseLogin(client, done)
    else refuse(client, reason, codes.notAuthorized, done)
  }

  return { refuse, refuseProof }
}
