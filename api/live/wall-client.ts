import { createBacklog } from './backlog.ts'
import type { WallFilter } from './filter.ts'
import { deltaFrame, type Frame, type Tick } from './frames.ts'

/** One connected client and what it has been told. */
export interface WallClient {
  /** Four times a second: sends what changed, or keeps it while the client is behind. */
  send(tick: Tick): void
  /** Soon, but not more often than once a second nor over one that is still going out. */
  wantSnapshot(): void
  watch(filter: WallFilter | undefined): void
  acknowledged(seq: number): void
}

export interface WallClientParts {
  latest: () => Tick
  /** Sends one frame; calls back when the kernel has taken it. */
  write(frame: Frame, flushed: () => void): void
  /** Its snapshot is not encoded yet: `wantSnapshot` is to be called again, in another turn of the event loop. */
  later(): void
  /** Ends the connection of a stuck client. */
  cut(reason: string): void
  now: () => number
}

/** Deltas that a client which acknowledges may owe us an answer for. */
const maxUnacked = 2
/** Of a client that never acknowledges, so many are remembered in case that it begins. */
const maxRemembered = 8
/** Below this a slow client is only slow. */
const maxBufferedBytes = 1_000_000
/** Devices of which a client is told by itself what it missed; past it the city, which is encoded already, takes less. */
const maxAlone = 500
const stuckAfterMs = 10_000
const snapshotEveryMs = 1000

export function createWallClient({ latest, write, later, cut, now }: WallClientParts): WallClient {
  const backlog = createBacklog()
  let filter: WallFilter | undefined
  /** Number of the frame that it was sent last. Equal to that of the tick: it has been told all, in step. */
  let seq = 0
  let told: Tick | undefined
  let unacked: number[] = []
  let acks = false
  let behindSinceMs: number | undefined
  let bufferedBytes = 0
  let snapshotWanted = false
  let snapshotOnItsWay = false
  let snapshotAtMs = Number.NEGATIVE_INFINITY

  function trySnapshot(): void {
    if (snapshotOnItsWay || now() - snapshotAtMs < snapshotEveryMs) return
    const tick = latest()
    const number = filter === undefined ? tick.seq : seq + 1
    const frame = filter === undefined ? tick.snapshot() : tick.partialSnapshot(number, filter.all())
    if (frame === undefined) return later()
    seq = number
    told = tick
    backlog.take()
    snapshotWanted = false
    snapshotOnItsWay = true
    snapshotAtMs = now()
    write(frame, () => {
      snapshotOnItsWay = false
    })
  }

  function sendDelta(number: number, frame: Frame): void {
    seq = number
    unacked.push(number)
    if (!acks && unacked.length > maxRemembered) unacked.shift()
    bufferedBytes += frame.bytes
    write(frame, () => {
      bufferedBytes -= frame.bytes
    })
    if (bufferedBytes > maxBufferedBytes) cut('more than 1 MB waits for it')
  }

  function isBehind(): boolean {
    const behind = acks && unacked.length >= maxUnacked
    if (!behind) behindSinceMs = undefined
    else if (behindSinceMs === undefined) behindSinceMs = now()
    else if (now() - behindSinceMs > stuckAfterMs) cut('it acknowledged nothing for 10 s')
    return behind
  }

  /** Numbers of its own, until the next snapshot brings it back into step. */
  function sendAlone(tick: Tick, part: Tick['changes']): void {
    const shared = part === tick.changes && backlog.empty
    backlog.add(part)
    if (backlog.empty) return
    if (backlog.size > maxAlone) return wantSnapshot()
    const owed = backlog.take()
    sendDelta(seq + 1, deltaFrame(seq + 1, tick.at, shared ? tick.tail() : tick.tailOf(owed)))
  }

  function wantSnapshot(): void {
    snapshotWanted = true
    trySnapshot()
  }

  return {
    send(tick) {
      // Its snapshot was of this tick.
      if (tick === told) return
      told = tick
      if (snapshotWanted) {
        trySnapshot()
        return
      }
      const part = filter === undefined ? tick.changes : filter.part(tick.changes)
      if (isBehind()) backlog.add(part)
      else if (filter === undefined && backlog.empty && seq === tick.seq - 1) sendDelta(tick.seq, tick.delta())
      else sendAlone(tick, part)
    },
    wantSnapshot,
    watch(wanted) {
      filter = wanted
      wantSnapshot()
    },
    acknowledged(number) {
      const index = unacked.indexOf(number)
      if (index < 0) return
      acks = true
      unacked = unacked.slice(index + 1)
    },
  }
}
