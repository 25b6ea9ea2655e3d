import { hash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { networkOf } from '../../../contract/client-network.ts'

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
const mostKept = 20_000
const knownForMs = 300_000

interface Bucket {
  tokens: number
  atMs: number
}

export function createRequestLimiter({ requestsPerS, requestBurst }: RequestLimits, now: () => number): RequestLimiter {
  /** In the order in which they asked last. */
  const buckets = new Map<string, Bucket>()
  const known = new Map<string, number>()

  function bucketOf(network: string): Bucket {
    const nowMs = now()
    const kept = buckets.get(network)
    const gainedMs = kept === undefined ? Number.POSITIVE_INFINITY : Math.max(0, nowMs - kept.atMs)
    const tokens = Math.min(requestBurst, (kept?.tokens ?? 0) + (gainedMs * requestsPerS) / 1000)
    const bucket = { tokens, atMs: nowMs }
    keepNewest(buckets, network, bucket)
    return bucket
  }

  return {
    take(address) {
      const bucket = bucketOf(networkOf(address))
      if (bucket.tokens < 1) return false
      bucket.tokens -= 1
      return true
    },
    proved(address, request) {
      bucketOf(networkOf(address)).tokens += 1
      const proof = proofOf(request)
      if (proof !== undefined) keepNewest(known, proof, now())
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

function keepNewest<T>(kept: Map<string, T>, key: string, value: T): void {
  kept.delete(key)
  kept.set(key, value)
  if (kept.size <= mostKept) return
  for (const oldest of kept.keys()) {
    kept.delete(oldest)
    break
  }
}
