/** How fast one device may send. A device keeps its pace over reconnects. */
export interface Pace {
  /** A packet of this many bytes was taken. It may go into debt: what was read is kept. */
  spend(bytes: number): void
  /** Until the debt is paid, ms; 0 when there is none. */
  waitMs(): number
}

export interface PaceLimits {
  messagesPerS: number
  /** Messages that may come at once after a quiet time. */
  messageBurst: number
}

/** A packet counts as one message for each of these bytes begun, so that few large ones cannot do what many may not. */
const bytesPerMessage = 4096

/** A token bucket (as in RFC 2697, one rate) for each device. Enforced by not reading its socket: nothing is lost. */
export function createPaces({ messagesPerS, messageBurst }: PaceLimits, now: () => number) {
  const paces = new Map<string, Pace>()

  function createPace(): Pace {
    let tokens = messageBurst
    let atMs = now()
    return {
      spend(bytes) {
        tokens -= bytes <= bytesPerMessage ? 1 : Math.ceil(bytes / bytesPerMessage)
      },
      waitMs() {
        if (tokens >= messageBurst / 2) return 0
        const nowMs = now()
        tokens = Math.min(messageBurst, tokens + ((nowMs - atMs) * messagesPerS) / 1000)
        atMs = nowMs
        return tokens >= 0 ? 0 : Math.ceil((-tokens * 1000) / messagesPerS)
      },
    }
  }

  return {
    of(deviceId: string): Pace {
      const known = paces.get(deviceId)
      if (known !== undefined) return known
      const pace = createPace()
      paces.set(deviceId, pace)
      return pace
    },
    forget: (deviceId: string) => void paces.delete(deviceId),
  }
}
