import { createHash, randomBytes, randomInt, timingSafeEqual } from 'node:crypto'
import { Refusal } from '../../contract/http/refusal.ts'
import { networkOf } from '../../contract/net/client-network.ts'

/** Displays that show a code and wait for somebody to type it elsewhere. Only in memory: one that waits begins again. */
export interface Pairings {
  /** @throws Refusal `too-many-attempts` when too many wait already. */
  begin(address: string): { id: string; secret: string; code: string; expiresAtMs: number }
  /** Where the display with this code asked from; `undefined`: no such code waits. */
  find(code: string): { address: string } | undefined
  /** The display with this code may take this identity away, once. */
  approve(code: string, identity: string): void
  claim(id: string, secret: string): 'waiting' | 'gone' | { identity: string }
}

const lastsMs = 10 * 60_000
/** Of all, and of one network: a code that a display shows stays for its time, however many others ask. */
const maxWaiting = 50
const maxOfNetwork = 10
/** A page asks every 2 s whether its code was typed; who has not asked for so long shows it no more, and may lose the place. */
const goneAfterMs = 60_000
const codes = 1_000_000

interface Waiting {
  id: string
  secretHash: Uint8Array
  code: string
  address: string
  network: string
  askedAtMs: number
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

  /** Takes the place of the one that has not been asked for longest, if its page has gone. */
  function makeRoom(among: readonly Waiting[]): void {
    const [quietest] = among.toSorted((one, other) => one.askedAtMs - other.askedAtMs)
    if (quietest !== undefined && now() - quietest.askedAtMs >= goneAfterMs) waiting.delete(quietest.id)
    else
      throw new Refusal('too-many-attempts', 'Too many screens wait to be paired.', { retryAfterS: goneAfterMs / 1000 })
  }

  return {
    begin(address) {
      forgetOld()
      const network = networkOf(address)
      const ofNetwork = [...waiting.values()].filter((one) => one.network === network)
      if (ofNetwork.length >= maxOfNetwork) makeRoom(ofNetwork)
      if (waiting.size >= maxWaiting) makeRoom([...waiting.values()])
      const id = randomBytes(12).toString('base64url')
      const secret = randomBytes(32).toString('base64url')
      const expiresAtMs = now() + lastsMs
      const code = freeCode()
      const begun = { id, secretHash: hashOf(secret), code, address, network, askedAtMs: now(), expiresAtMs }
      waiting.set(id, { ...begun, identity: undefined })
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
      one.askedAtMs = now()
      if (one.identity === undefined) return 'waiting'
      waiting.delete(id)
      return { identity: one.identity }
    },
  }
}

function hashOf(secret: string): Uint8Array {
  return createHash('sha256').update(secret).digest()
}
