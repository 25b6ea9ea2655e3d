import { minuteMs } from '../../contract/time.ts'

/** How often connections of one device may throw each other out, and which devices do so at present. */
export interface Takeovers {
  /** A new connection would end one that is open. False: not now, the newcomer has to wait. */
  allow(takeover: Takeover): boolean
  /** Forgets quiet devices; call it now and then. */
  sweep(): void
}

export interface Takeover {
  deviceId: string
  /** Which client it is, as far as its CONNECT and its address tell. */
  newcomer: string
  /** The same of the connection that would end. */
  present: string
  /** Since that connection was last heard. */
  silentMs: number
}

export interface TakeoversParts {
  perMinute: number
  now: () => number
  /** Two clients fight over one key: it began (true) or is over (false). */
  told(deviceId: string, fighting: boolean): void
}

interface Entry {
  tokens: number
  atMs: number
  /** Takeovers that one client alone does not explain. */
  contestedMs: number[]
  /** Clients whose connections were ended, newest last. */
  ousted: { client: string; atMs: number }[]
  fighting: boolean
}

/** This many within a minute are two clients with one key. */
const fightAfter = 3
/** Clients that are remembered of one device. */
const maxOusted = 8
/**
 * A client that lost its network finds out after seconds (PubSubClient waits 5 s between its tries), and is not heard
 * meanwhile. One that was heard a moment ago is still there.
 */
const silentAfterMs = 2000

/**
 * The newest connection has the session [MQTT-3.1.4-2]. Only where the one before is still heard, or where a client
 * comes back that was thrown out by another, do two clients use one key: these takeovers are rationed. Half of a
 * minute's may come at once, the rest evenly, so no minute has more than it may.
 */
export function createTakeovers({ perMinute, now, told }: TakeoversParts): Takeovers {
  const atOnce = Math.max(1, Math.floor(perMinute / 2))
  const refillMs = minuteMs / Math.max(1, perMinute - atOnce)
  const devices = new Map<string, Entry>()

  function entryOf(deviceId: string, nowMs: number): Entry {
    const known = devices.get(deviceId)
    if (known !== undefined) return known
    const entry = { tokens: atOnce, atMs: nowMs, contestedMs: [], ousted: [], fighting: false }
    devices.set(deviceId, entry)
    return entry
  }

  function contested(deviceId: string, entry: Entry, nowMs: number): boolean {
    entry.contestedMs = [...entry.contestedMs.filter((ms) => ms > nowMs - minuteMs), nowMs].slice(-fightAfter)
    if (!entry.fighting && entry.contestedMs.length >= fightAfter) {
      entry.fighting = true
      told(deviceId, true)
    }
    entry.tokens = Math.min(atOnce, entry.tokens + (nowMs - entry.atMs) / refillMs)
    entry.atMs = nowMs
    if (entry.tokens < 1) return false
    entry.tokens -= 1
    return true
  }

  return {
    allow({ deviceId, newcomer, present, silentMs }) {
      const nowMs = now()
      const entry = entryOf(deviceId, nowMs)
      entry.ousted = entry.ousted.filter(({ atMs }) => atMs > nowMs - minuteMs)
      const cameBack = newcomer !== present && entry.ousted.some(({ client }) => client === newcomer)
      if ((cameBack || silentMs < silentAfterMs) && !contested(deviceId, entry, nowMs)) return false
      entry.ousted = [...entry.ousted, { client: present, atMs: nowMs }].slice(-maxOusted)
      return true
    },
    sweep() {
      const quietSinceMs = now() - minuteMs
      for (const [deviceId, { contestedMs, ousted, fighting }] of devices) {
        if (Math.max(contestedMs.at(-1) ?? 0, ousted.at(-1)?.atMs ?? 0) > quietSinceMs) continue
        devices.delete(deviceId)
        if (fighting) told(deviceId, false)
      }
    },
  }
}
