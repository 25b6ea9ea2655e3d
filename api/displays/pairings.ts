import { createHash, randomBytes, randomInt, timingSafeEqual } from 'node:crypto'
import { Refusal } from '../refusal.ts'

/** Screens that show a code and wait for somebody to type it elsewhere. Only in memory: one that waits begins again. */
export interface Pairings {
  /** @throws Refusal `too-many-attempts` when too many wait already. */
  begin(address: string): { id: string; secret: string; code: string; expiresAtMs: number }
  /** Where the screen with this code asked from; `undefined`: no such code waits. */
  find(code: string): { address: string } | undefined
  /** The screen with this code may take this identity away, once. */
  approve(code: string, identity: string): void
  claim(id: string, secret: string): 'waiting' | 'gone' | { identity: string }
}

const lastsMs = 10 * 60_000
const mostWaiting = 50
const mostOfAddress = 10
const codes = 1_000_000

interface Waiting {
  id: string
  secretHash: Uint8Array
  code: string
  address: string
  expiresAtMs: number
  identity: string | undefined
}

export function createPairings({ now }: { now: () => number }): Pairings {
  const waiting = new Map<string, Waiting>()

  function forgetOld(): void {
    for (const [id, { expiresAtMs }] of waiting) if (expiresAtMs <= now()) waiting.delete(id)
  }
  function byCode(code: string): Waiting | undefined {
    forgetOld()
    return [...waiting.values()].find((one) => one.code === code && one.identity === undefined)
  }
  function freeCode(): string {
    const taken = new Set([...waiting.values()].map(({ code }) => code))
    for (;;) {
      const code = String(randomInt(codes)).padStart(6, '0')
      if (!taken.has(code)) return code
    }
  }

  return {
    begin(address) {
      forgetOld()
      const ofAddress = [...waiting.values()].filter((one) => one.address === address)
      // Somebody who begins over and over takes only his own places.
      const oldest = ofAddress[0]
      if (ofAddress.length >= mostOfAddress && oldest !== undefined) waiting.delete(oldest.id)
      if (waiting.size >= mostWaiting) throw new Refusal('too-many-attempts', 'Too many screens wait to be paired.')
      const id = randomBytes(12).toString('base64url')
      const secret = randomBytes(32).toString('base64url')
      const expiresAtMs = now() + lastsMs
      const code = freeCode()
      waiting.set(id, { id, secretHash: hashOf(secret), code, address, expiresAtMs, identity: undefined })
      return { id, secret, code, expiresAtMs }
    },
    find: byCode,
    approve(code, identity) {
      const one = byCode(code)
      if (one !== undefined) one.identity = identity
    },
    claim(id, secret) {
      forgetOld()
      const one = waiting.get(id)
      if (one === undefined || !timingSafeEqual(one.secretHash, hashOf(secret))) return 'gone'
      if (one.identity === undefined) return 'waiting'
      waiting.delete(id)
      return { identity: one.identity }
    },
  }
}

function hashOf(secret: string): Uint8Array {
  return createHash('sha256').update(secret).digest()
}
