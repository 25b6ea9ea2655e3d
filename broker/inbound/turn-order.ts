import { packetTypes } from './packet-check.ts'

/** What of one connection is under way unanswered, and what may join it. */
export interface TurnOrder {
  /** Nothing is under way. */
  isIdle(): boolean
  /** One is under way that must be answered before any other is looked at. */
  isAlone(): boolean
  /** No more is read until something is answered. */
  isFull(): boolean
  mayPass(type: number): boolean
  began(type: number, bytes: number): void
  /** One was answered. */
  ended(): void
}

/** Packets and bytes that one connection may have under way unanswered; then its socket is not read. */
const maxUnderWay = 512
const maxBytesUnderWay = 512 * 1024
const longestPingWaitMs = 1000

const passesFreely: ReadonlySet<number> = new Set([
  packetTypes.connect,
  packetTypes.publish,
  packetTypes.puback,
  packetTypes.pubrec,
  packetTypes.pubcomp,
])

/**
 * PUBLISH packets are handled side by side; whatever else changes the connection waits for them, and they for it.
 * A PINGREQ keeps its turn too, but not for long, or a full disk would look like a dead broker: `look` is called when it
 * has waited long enough. PUBRELs share a sync.
 */
export function createTurnOrder(look: () => void): TurnOrder {
  let underWay = 0
  let bytesUnderWay = 0
  let alone = false
  /** The type that all packets under way have; 0: they have several. */
  let together = 0
  let pingSinceMs = 0

  function pingMayPass(): boolean {
    if (underWay === 0 || together === packetTypes.pingreq) return true
    if (pingSinceMs === 0) {
      pingSinceMs = performance.now()
      setTimeout(look, longestPingWaitMs).unref()
    }
    return performance.now() - pingSinceMs >= longestPingWaitMs
  }

  return {
    isIdle: () => underWay === 0,
    isAlone: () => alone,
    isFull: () => underWay >= maxUnderWay || bytesUnderWay >= maxBytesUnderWay,
    mayPass(type) {
      if (alone) return type === packetTypes.pubrel && together === type
      if (passesFreely.has(type)) return true
      if (type === packetTypes.pingreq) return pingMayPass()
      alone = underWay === 0
      return alone
    },
    began(type, bytes) {
      pingSinceMs = 0
      together = underWay === 0 || together === type ? type : 0
      underWay += 1
      bytesUnderWay += bytes
    },
    ended() {
      underWay -= 1
      if (underWay > 0) return
      alone = false
      bytesUnderWay = 0
    },
  }
}
