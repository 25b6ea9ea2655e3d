import { Refusal } from '../../contract/http/refusal.ts'

/** Bounds wrong codes of an account, wherever they come from: at most ten in any minute (ASVS 5.0, 6.5). */
export interface CodeLimit {
  /**
   * Waits for a turn to have a code looked at: whoever is no stranger goes first. Call `right` when the code was.
   * @throws Refusal `too-many-attempts`
   */
  turn(username: string, rank: () => number): Promise<{ right(): void }>
}

export interface CodeLimitParts {
  now: () => number
  /** How many at once, and how long until one more: in any minute `atOnce + 60,000 / everyMs` at most. */
  atOnce?: number
  everyMs?: number
}

/** Ten in any minute. */
const usual = { atOnce: 5, everyMs: 12_000 }
const longestWaitMs = 13_000
/** Waiting for one account; past it the one who comes last in rank is told to come again. */
const maxWaiting = 8
const lookEveryMs = 100

interface Waiting {
  rank: () => number
}

/** An account's turns: `left` of them at `sinceMs`, more since. */
interface Account {
  left: number
  sinceMs: number
  waiting: Waiting[]
}

/** Kept for people that have a second factor only, and let go when all is as if nothing had been. */
export function createCodeLimit(parts: CodeLimitParts): CodeLimit {
  const { now, atOnce, everyMs } = { ...usual, ...parts }
  const accounts = new Map<string, Account>()

  function accountOf(username: string): Account {
    const known = accounts.get(username) ?? { left: atOnce, sinceMs: now(), waiting: [] }
    const grown = Math.max(0, Math.floor((now() - known.sinceMs) / everyMs))
    known.sinceMs = known.left + grown >= atOnce ? now() : known.sinceMs + grown * everyMs
    known.left = Math.min(atOnce, known.left + grown)
    accounts.set(username, known)
    return known
  }

  function forgetQuiet(): void {
    for (const username of accounts.keys()) {
      const { left, waiting } = accountOf(username)
      if (left === atOnce && waiting.length === 0) accounts.delete(username)
    }
  }

  /** The newest of the first rank. */
  function isFirst(one: Waiting, { waiting }: Account): boolean {
    const best = Math.min(...waiting.map(({ rank }) => rank()))
    return waiting.findLast(({ rank }) => rank() === best) === one
  }

  function refuse({ sinceMs }: Account): never {
    const waitMs = Math.max(1000, sinceMs + everyMs - now())
    throw new Refusal('too-many-attempts', undefined, { retryAfterS: Math.ceil(waitMs / 1000) })
  }

  function leave(one: Waiting, account: Account): void {
    account.waiting = account.waiting.filter((other) => other !== one)
  }

  async function waitFor(one: Waiting, username: string): Promise<Account> {
    // Of a clock that nobody sets: this is how long a person waits.
    const untilMs = performance.now() + longestWaitMs
    for (;;) {
      const account = accountOf(username)
      if (account.left > 0 && isFirst(one, account)) {
        account.left -= 1
        return account
      }
      if (!account.waiting.includes(one) || performance.now() >= untilMs) refuse(account)
      await new Promise((resolve) => setTimeout(resolve, lookEveryMs))
    }
  }

  return {
    async turn(username, rank) {
      forgetQuiet()
      const one = { rank }
      const here = accountOf(username)
      here.waiting.push(one)
      if (here.waiting.length > maxWaiting) dropLast(here)
      try {
        const account = await waitFor(one, username)
        return {
          right() {
            account.left = Math.min(atOnce, account.left + 1)
          },
        }
      } finally {
        leave(one, here)
      }
    },
  }
}

/** The oldest of the last rank. */
function dropLast(account: Account): void {
  const worst = Math.max(...account.waiting.map(({ rank }) => rank()))
  const gone = account.waiting.find(({ rank }) => rank() === worst)
  account.waiting = account.waiting.filter((one) => one !== gone)
}
