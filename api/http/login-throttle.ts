import { Refusal } from '../refusal.ts'

/** Slows down whoever guesses, without ever locking an account for others. */
export interface LoginThrottle {
  /** Counts an attempt before it is made, so that many at once count too. Throws a Refusal while it must wait. */
  attempt(username: string, address: string): void
  succeeded(username: string, address: string): void
}

/** ASVS 5.0 6.3: five attempts at once, then 1 minute, doubling up to 15. */
const freeAttempts = 5
const firstWaitMs = 60_000
const longestWaitMs = 900_000
const forgetAfterMs = 2 * longestWaitMs
const mostKept = 10_000

export function createLoginThrottle({ now }: { now: () => number }): LoginThrottle {
  /** In order of the last attempt. */
  const kept = new Map<string, { attempts: number; lastMs: number }>()
  const keyOf = (username: string, address: string) => `${address} ${username.toLowerCase()}`

  function forgetOld(nowMs: number): void {
    for (const [key, { lastMs }] of kept) {
      if (nowMs - lastMs < forgetAfterMs && kept.size <= mostKept) return
      kept.delete(key)
    }
  }

  return {
    attempt(username, address) {
      const nowMs = now()
      const key = keyOf(username, address)
      const { attempts, lastMs } = kept.get(key) ?? { attempts: 0, lastMs: 0 }
      const waitMs = lastMs + waitAfter(attempts) - nowMs
      if (waitMs > 0) {
        throw new Refusal('too-many-attempts', undefined, { retryAfterS: Math.ceil(waitMs / 1000) })
      }
      kept.delete(key)
      kept.set(key, { attempts: attempts + 1, lastMs: nowMs })
      forgetOld(nowMs)
    },
    succeeded(username, address) {
      kept.delete(keyOf(username, address))
    },
  }
}

function waitAfter(attempts: number): number {
  if (attempts < freeAttempts) return 0
  return Math.min(firstWaitMs * 2 ** (attempts - freeAttempts), longestWaitMs)
}
