import { randomUUID } from 'node:crypto'
import type { DeviceCredential, SignIn, SignInReport, SignInsSeen } from '../../contract/ports/credentials.ts'

/** Newest sign-in of each key and certificate right, until the api has kept it; a map, so that a storm needs no queue. */
export interface SignIns {
  note(credential: DeviceCredential, atMs: number): void
  /** What the asker has kept is forgotten; the oldest of what is left, at most {@link maxAtOnce}. */
  report(seen: SignInsSeen | undefined): SignInReport
}

/** In one answer, so that neither side is busy for long. */
const maxAtOnce = 500

interface Numbered {
  number: number
  signIn: SignIn
}

export function createSignIns(): SignIns {
  const boot = randomUUID()
  const waiting = new Map<string, Numbered>()
  let last = 0

  function forgetUpTo(most: number): void {
    for (const [key, { number }] of waiting) {
      if (number > most) return
      waiting.delete(key)
    }
  }

  function oldest(): Numbered[] {
    const some: Numbered[] = []
    for (const one of waiting.values()) {
      if (some.length === maxAtOnce) break
      some.push(one)
    }
    return some
  }

  return {
    note({ deviceId, proof, revision }, atMs) {
      last += 1
      const key = `${deviceId}/${proof}/${revision}`
      // Taken out first: a map keeps the place of a key that it has, and the order must be that of the numbers.
      waiting.delete(key)
      waiting.set(key, { number: last, signIn: { deviceId, proof, revision, atMs } })
    },
    report(seen) {
      if (seen?.boot === boot) forgetUpTo(seen.upTo)
      const some = oldest()
      return { boot, upTo: some.at(-1)?.number ?? seen?.upTo ?? 0, signIns: some.map(({ signIn }) => signIn) }
    },
  }
}
