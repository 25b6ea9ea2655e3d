/**
 * Wrong keys are answered later and later, by address and user name: others behind the same address are answered at
 * once, and so is the right key, for it is looked at before anybody waits.
 */
export interface LoginThrottle {
  /** A wrong key came; how long its answer has to wait, ms. */
  failed(address: string, userName: string): number
}

const minuteMs = 60_000
const firstWaitMs = 250
const longestWaitMs = 3000
/** Most pairs that are remembered; past it those that were quiet longest go. */
const mostEntries = 10_000

export function createLoginThrottle(failedPerMinute: number, now: () => number): LoginThrottle {
  const failures = new Map<string, { count: number; sinceMs: number }>()
  return {
    failed(address, userName) {
      const key = `${address} ${userName}`
      const nowMs = now()
      const known = failures.get(key)
      const entry = known !== undefined && nowMs - known.sinceMs < minuteMs ? known : { count: 0, sinceMs: nowMs }
      entry.count += 1
      failures.delete(key)
      failures.set(key, entry)
      for (const oldest of failures.keys()) {
        if (failures.size <= mostEntries) break
        failures.delete(oldest)
      }
      const beyond = entry.count - failedPerMinute
      return beyond <= 0 ? 0 : Math.min(longestWaitMs, firstWaitMs * 2 ** (beyond - 1))
    },
  }
}
