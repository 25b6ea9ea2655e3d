import { hash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { networkOf } from '../../../contract/net/client-network.ts'
import { createTokenBuckets, keepNewest } from '../../../contract/token-buckets.ts'

/** How often one network may ask without having proved who it is: a token bucket each. */
export interface RequestLimiter {
  /** False: it has asked too often. */
  take(address: string): boolean
  /** What showed this cookie or token proved who it is: it is not counted, nor is what shows the same again. */
  proved(address: string, request: IncomingMessage): void
  /** It shows what proved somebody within the last minutes. Says nothing of what it may do. */
  isKnown(request: IncomingMessage): boolean
}

export interface RequestLimits {
  requestsPerS: number
  requestBurst: number
}

/** Most networks, and most proofs, that are remembered; past it those that were quiet longest go. */
const maxKept = 20_000
const knownForMs = 300_000

export function createRequestLimiter({ requestsPerS, requestBurst }: RequestLimits, now: () => number): RequestLimiter {
  const buckets = createTokenBuckets({ perS: requestsPerS, burst: requestBurst, most: maxKept, now })
  const known = new Map<string, number>()

  return {
    take(address) {
      const bucket = buckets.of(networkOf(address))
      if (bucket.tokens < 1) return false
      bucket.tokens -= 1
      return true
    },
    proved(address, request) {
      buckets.of(networkOf(address)).tokens += 1
      const proof = proofOf(request)
      if (proof !== undefined) keepNewest(known, { key: proof, value: now(), most: maxKept })
    },
    isKnown(request) {
      const proof = proofOf(request)
      const sinceMs = proof === undefined ? undefined : known.get(proof)
      return sinceMs !== undefined && now() - sinceMs < knownForMs
    },
  }
}

/** Nobody can tell a cookie or token from it. */
function proofOf({ headers: { authorization, cookie } }: IncomingMessage): string | undefined {
  const shown = authorization ?? cookie
  return shown === undefined ? undefined : hash('sha256', shown)
}
