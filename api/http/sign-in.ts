import type { Logger } from 'pino'
import type { Role } from '../../contract/http.ts'
import type { CoalescingAudit } from '../audit/coalesce.ts'
import { Refusal, type RefusalCode } from '../refusal.ts'
import type { Person } from '../registry/people.ts'
import type { Registry } from '../registry/registry.ts'
import type { LoginThrottle } from './login-throttle.ts'

export interface SignInParts {
  registry: Pick<Registry, 'people' | 'secondFactorProof'>
  throttle: LoginThrottle
  often: CoalescingAudit
  /** Admins and supervisors come in with a second factor only. */
  requireSecondFactor: boolean
  log: Logger
}

export interface Attempt {
  username: string
  password: string
  code?: string | undefined
  address: string
}

/** Proves a person: password, then the second factor of whoever has one. Every refusal is counted, slowed and noted. */
export interface SignIn {
  /** @throws Refusal */
  prove(attempt: Attempt): Promise<Person>
  /** A one-time link proves one thing; whoever needs two does not come in by it. */
  mayUseLink(username: string): Promise<boolean>
}

const guarded: readonly Role[] = ['admin', 'supervisor']

export function createSignIn({ registry, throttle, often, requireSecondFactor, log }: SignInParts): SignIn {
  /** Who mistypes may have written the password where the name belongs: only names that exist are kept. */
  async function note({ username, address }: Attempt, why: RefusalCode): Promise<void> {
    log.warn({ address, why }, 'a login was refused')
    const known = await registry.people.exists(username)
    const target = known ? { target: username.toLowerCase() } : {}
    await often.note('system:api', { action: 'session.refused', ...target, detail: { address, why } })
  }

  async function requireFactor({ username, role }: Person, code: string | undefined): Promise<void> {
    if (await registry.secondFactorProof.has(username)) {
      if (code === undefined || code === '') throw new Refusal('code-needed')
      if (!(await registry.secondFactorProof.accept(username, code))) throw new Refusal('wrong-code')
    } else if (requireSecondFactor && guarded.includes(role)) {
      throw new Refusal('second-factor-required', `Set it up first: bcc user totp ${username}.`)
    }
  }

  async function proved({ username, password, code, address }: Attempt): Promise<Person> {
    throttle.attempt(username, address)
    const person = await registry.people.verify(username, password)
    if (person === undefined) throw new Refusal('wrong-login')
    await requireFactor(person, code)
    throttle.succeeded(username, address)
    return person
  }

  return {
    async mayUseLink(username) {
      if (await registry.secondFactorProof.has(username)) return false
      const person = (await registry.people.list()).find((one) => one.username === username)
      return person !== undefined && !(requireSecondFactor && guarded.includes(person.role))
    },
    async prove(attempt) {
      try {
        return await proved(attempt)
      } catch (error) {
        // That a code is asked for is no refusal yet: the right password came before it.
        if (error instanceof Refusal && error.code !== 'code-needed') await note(attempt, error.code)
        throw error
      }
    },
  }
}
