/** How often connections of one device may throw each other out, and which devices do so at present. */
export interface Takeovers {
  /** A new connection would end a living one. False: not now, the newcomer has to wait. */
  allow(deviceId: string): boolean
  /** Forgets quiet devices; call it now and then. */
  sweep(): void
}

export interface TakeoversParts {
  perMinute: number
  now: () => number
  /** Two clients fight over one key: it began (true) or is over (false). */
  told(deviceId: string, fighting: boolean): void
}

/** One takeover is a device whose network broke; this many within a minute are two devices with one key. */
const fightAfter = 3
const minuteMs = 60_000

/**
 * Half of a minute's takeovers may come at once, the rest evenly: so no minute has more than it may, and a device whose
 * connections break honestly waits a few seconds at most.
 */
export function createTakeovers({ perMinute, now, told }: TakeoversParts): Takeovers {
  const atOnce = Math.max(1, Math.floor(perMinute / 2))
  const refillMs = minuteMs / Math.max(1, perMinute - atOnce)
  const devices = new Map<string, { tokens: number; atMs: number; recentMs: number[]; fighting: boolean }>()

  function tried(deviceId: string, entry: { recentMs: number[]; fighting: boolean }, nowMs: number): void {
    entry.recentMs = [...entry.recentMs.filter((ms) => ms > nowMs - minuteMs), nowMs].slice(-fightAfter)
    if (entry.fighting || entry.recentMs.length < fightAfter) return
    entry.fighting = true
    told(deviceId, true)
  }

  return {
    allow(deviceId) {
      const nowMs = now()
      const entry = devices.get(deviceId) ?? { tokens: atOnce, atMs: nowMs, recentMs: [], fighting: false }
      devices.set(deviceId, entry)
      entry.tokens = Math.min(atOnce, entry.tokens + (nowMs - entry.atMs) / refillMs)
      entry.atMs = nowMs
      tried(deviceId, entry, nowMs)
      if (entry.tokens < 1) return false
      entry.tokens -= 1
      return true
    },
    sweep() {
      const quietSinceMs = now() - minuteMs
      for (const [deviceId, entry] of devices) {
        if ((entry.recentMs.at(-1) ?? 0) > quietSinceMs) continue
        devices.delete(deviceId)
        if (entry.fighting) told(deviceId, false)
      }
    },
  }
}
