import type { Logger } from 'pino'
import { Refusal, type RefusalCode } from '../../contract/http/refusal.ts'
import type { Role } from '../../contract/roles.ts'
import type { CoalescingAudit } from '../../storage/registry/audit/coalesce.ts'
import type { Person } from '../../storage/registry/people/people.ts'
import type { Registry } from '../../storage/registry/registry.ts'
import { createLineLimit } from '../http/line-limit.ts'
import type { CodeLimit } from './code-limit.ts'
import type { LoginAttempt, LoginThrottle } from './login-throttle.ts'

export interface SignInParts {
  registry: Pick<Registry, 'people' | 'secondFactorProof'>
  throttle: LoginThrottle
  codes: CodeLimit
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
  /** Aborted when nobody waits for the answer any more. */
  signal?: AbortSignal | undefined
}

/** Proves a person: password, then the second factor of whoever has one. Every refusal is counted, slowed and noted. */
export interface PersonSignIn {
  /** @throws Refusal */
  prove(attempt: Attempt): Promise<Person>
  /** A one-time link proves one thing; whoever needs two does not come in by it. */
  mayUseLink(username: string): Promise<boolean>
}

/** Of a minute; further ones share a line. */
const maxLinesAMinute = 20

const guarded: readonly Role[] = ['admin', 'supervisor']

export function createSignIn({
  registry,
  throttle,
  codes,
  often,
  requireSecondFactor,
  log,
}: SignInParts): PersonSignIn {
  const lines = createLineLimit({
    most: maxLinesAMinute,
    told: (count) => log.warn({ count }, 'more logins were refused'),
  })

  /** Who mistypes may have written the password where the name belongs: only names that exist are kept. */
  async function note({ username, address }: Attempt, why: RefusalCode): Promise<void> {
    if (lines.take()) log.warn({ address, why }, 'a login was refused')
    const account = username.toLowerCase()
    const known = await registry.people.exists(account)
    const target = known ? { target: account } : {}
    // By name, whether or not there is one: what is written for a name that exists is written for any other.
    await often.note('system:api', { action: 'session.refused', ...target, detail: { address, why } }, account)
  }

  async function requireFactor(
    { username, role }: Person,
    code: string | undefined,
    rank: () => number,
  ): Promise<void> {
    if (await registry.secondFactorProof.has(username)) {
      if (code === undefined || code === '') throw new Refusal('code-needed')
      const turn = await codes.turn(username, rank)
      if (!(await registry.secondFactorProof.accept(username, code))) throw new Refusal('wrong-code')
      turn.right()
    } else if (requireSecondFactor && guarded.includes(role)) {
      throw new Refusal('second-factor-required', `Set it up first: bcc user totp ${username}.`)
    }
  }

  async function proved({ username, password, code, address, signal }: Attempt): Promise<Person> {
    const attempt = throttle.begin(username, address)
    try {
      const person = await registry.people.verify(username, password, { ...attempt, signal })
      if (person === undefined) throw new Refusal('wrong-login')
      await requireFactor(person, code, attempt.rank)
      attempt.succeeded()
      return person
    } catch (error) {
      endAttempt(attempt, error, signal)
      throw error
    }
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

/** Nothing is held against whom we had no time for; who was told to come again, or went away, comes behind the others. */
function endAttempt(attempt: LoginAttempt, error: unknown, signal: AbortSignal | undefined): void {
  const code = error instanceof Refusal ? error.code : undefined
  if (code === 'wrong-login' || code === 'wrong-code') attempt.failed()
  else if (code === 'busy' || code === 'too-many-attempts' || signal?.aborted === true) attempt.turnedAway()
  else attempt.dropped()
}
