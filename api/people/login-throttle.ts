import { createFailureTally } from '../../contract/failure-tally.ts'
import { Refusal } from '../../contract/http/refusal.ts'
import { networkOf } from '../../contract/net/client-network.ts'
import { dayMs, minuteMs } from '../../contract/time.ts'
import type { Turn } from '../../storage/registry/people/hash-queue.ts'

/**
 * Slows down whoever guesses, without ever locking an account for others. Failures are counted once they are known, so
 * nothing is held against somebody whom we had no time for; by account and network they end in a wait, by network and by
 * account in fewer turns. A network that never failed waits for nobody.
 */
export interface LoginThrottle {
  /** @throws Refusal while this account must wait at this network, or too many attempts on it are under way there. */
  begin(username: string, address: string): LoginAttempt
}

/** One attempt; it ends in one of three ways. */
export interface LoginAttempt extends Turn {
  /** The password or the code was wrong. */
  failed(): void
  succeeded(): void
  /** Neither right nor wrong: a code is asked for. */
  dropped(): void
  /** Told to come again, or gone before it was its turn: it comes behind those who come for the first time. */
  turnedAway(): void
}

/** ASVS 5.0 6.3: five attempts at once, then 1 minute, doubling up to 15. */
const freeAttempts = 5
const firstWaitMs = minuteMs
const longestWaitMs = 900_000
const forgetAfterMs = 2 * longestWaitMs
/** Accounts at networks, networks, accounts: so many of each are remembered. */
const maxKept = 10_000
/** Failures of a network beyond what it signed in, and of an account at networks that fail, before turns become rare. */
const freeOfNetwork = 60
const freeOfAccount = 20
const firstPaceMs = 1000
/** Less than a turn may wait for. */
const longestPaceMs = 8000
/** Somebody who signed in from here before is no stranger for so long. */
const knownForMs = 30 * dayMs
const restlessForMs = minuteMs

/** Of a turn: who comes before whom. */
const ranks = { known: 0, clean: 1, again: 2, unclean: 3, failed: 4 } as const

export function createLoginThrottle({ now }: { now: () => number }): LoginThrottle {
  const tally = (keptMs: number) => createFailureTally({ most: maxKept, forgetAfterMs: keptMs, now })
  const pairs = tally(forgetAfterMs)
  const networks = tally(forgetAfterMs)
  const accounts = tally(forgetAfterMs)
  const known = tally(knownForMs)
  const welcome = tally(forgetAfterMs)
  const restless = tally(restlessForMs)
  /** By account and network; no more than there are requests. */
  const underWay = new Map<string, number>()

  const dirtOf = (network: string) => Math.max(0, networks.countOf(network) - welcome.countOf(network))

  function requireRoom(pair: string): void {
    const failures = pairs.countOf(pair)
    const waitMs = pairs.lastMsOf(pair) + waitAfter(failures) - now()
    if (waitMs > 0) throw new Refusal('too-many-attempts', undefined, { retryAfterS: Math.ceil(waitMs / 1000) })
    const running = underWay.get(pair) ?? 0
    if (running > 0 && failures + running >= freeAttempts)
      throw new Refusal('too-many-attempts', undefined, { retryAfterS: 1 })
  }

  function leave(pair: string): void {
    const left = (underWay.get(pair) ?? 1) - 1
    if (left > 0) underWay.set(pair, left)
    else underWay.delete(pair)
  }

  function rankOf(pair: string, network: string): number {
    const failures = pairs.countOf(pair)
    if (known.countOf(pair) > 0 && failures < freeAttempts) return failures === 0 ? ranks.known : ranks.clean
    if (failures > 0) return ranks.failed
    if (dirtOf(network) > 0) return ranks.unclean
    return restless.countOf(network) > 0 ? ranks.again : ranks.clean
  }

  function notBefore(pair: string, network: string, account: string): number {
    if (rankOf(pair, network) < ranks.unclean) return 0
    return Math.max(
      networks.lastMsOf(network) + paceAfter(dirtOf(network) - freeOfNetwork, freeOfNetwork),
      accounts.lastMsOf(account) + paceAfter(accounts.countOf(account) - freeOfAccount, freeOfAccount),
    )
  }

  return {
    begin(username, address) {
      const network = networkOf(address)
      const account = username.toLowerCase()
      const pair = `${network} ${account}`
      requireRoom(pair)
      underWay.set(pair, (underWay.get(pair) ?? 0) + 1)
      return {
        network,
        rank: () => rankOf(pair, network),
        delayMs: () => notBefore(pair, network, account) - now(),
        failed() {
          leave(pair)
          pairs.add(pair)
          networks.add(network)
          accounts.add(account)
        },
        succeeded() {
          leave(pair)
          pairs.forget(pair)
          known.add(pair)
          welcome.add(network)
        },
        dropped: () => leave(pair),
        turnedAway() {
          leave(pair)
          restless.add(network)
        },
      }
    },
  }
}

function waitAfter(failures: number): number {
  if (failures < freeAttempts) return 0
  return Math.min(firstWaitMs * 2 ** (failures - freeAttempts), longestWaitMs)
}

/** 0 while nothing is beyond; then 1 s, doubling with every `step` more, up to 8 s. */
function paceAfter(beyond: number, step: number): number {
  if (beyond < 0) return 0
  return Math.min(firstPaceMs * 2 ** Math.floor(beyond / step), longestPaceMs)
}
