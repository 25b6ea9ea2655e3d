/** Limits how fast one device may send. What a device has used up stays used up over reconnects. */
export interface RateLimit {
  /** A packet of this many bytes was taken. It may go into debt: what was read is kept. */
  spend(bytes: number): void
  /** Until the debt is paid, ms; 0 when there is none. */
  waitMs(): number
}

export interface RateLimits {
  messagesPerS: number
  /** Messages that may come at once after a quiet time. */
  messageBurst: number
  bytesPerS: number
  byteBurst: number
}

/** A token bucket (as in RFC 2697, one rate) of messages or bytes. */
function createBucket(perS: number, burst: number, now: () => number) {
  let tokens = burst
  let atMs = now()
  return {
    spend(amount: number) {
      tokens -= amount
    },
    waitMs() {
      if (tokens >= burst / 2) return 0
      const nowMs = now()
      tokens = Math.min(burst, tokens + ((nowMs - atMs) * perS) / 1000)
      atMs = nowMs
      return tokens >= 0 ? 0 : Math.ceil((-tokens * 1000) / perS)
    },
  }
}

/**
 * Two token buckets for each device: of messages, each of which costs a sync's share, and of bytes, each of which ingest
 * has to read before it comes to the next device. Enforced by not reading the socket: nothing is lost.
 */
export function createRateLimits({ messagesPerS, messageBurst, bytesPerS, byteBurst }: RateLimits, now: () => number) {
  const rateLimits = new Map<string, RateLimit>()

  function createRateLimit(): RateLimit {
    const messages = createBucket(messagesPerS, messageBurst, now)
    const bytes = createBucket(bytesPerS, byteBurst, now)
    return {
      spend(size) {
        messages.spend(1)
        bytes.spend(size)
      },
      waitMs: () => Math.max(messages.waitMs(), bytes.waitMs()),
    }
  }

  return {
    of(deviceId: string): RateLimit {
      const known = rateLimits.get(deviceId)
      if (known !== undefined) return known
      const rateLimit = createRateLimit()
      rateLimits.set(deviceId, rateLimit)
      return rateLimit
    },
    forget: (deviceId: string) => void rateLimits.delete(deviceId),
    devices: () => rateLimits.keys(),
  }
}
