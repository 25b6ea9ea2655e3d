import { futureToleranceMs, type Reading } from '../../contract/reading.ts'
import { hourMs } from '../../contract/time.ts'
import type { DeviceLiveState } from '../device-state.ts'

export interface Stamped {
  tsMs: number
  tsSource: 'device' | 'server'
  /** The device named a time that cannot be. */
  clockFixed: boolean
  /** Ours, and a reading whose own time can be comes after it in its message: that one is the newer. */
  superseded?: true
}

/** Weight of a new message in the smoothed clock difference. */
const skewWeight = 0.2

/** A longer step than this, and than ten of the usual ones of its message, is none of a clock that only runs ahead. */
const longestStepMs = hourMs
const defaultSteps = 10

/**
 * Gives every reading of one message its moment. Each is judged by its own time, never by that of another:
 *
 * - A time that lies no further ahead of our clock than the tolerance is kept as it is.
 * - Readings without a time get ours, and so does each whose time lies further ahead; it is never put before what stands
 *   before it in the message.
 * - Only where no time of the message can be right is it the clock that is ahead: then the newest reading is taken to be
 *   of now and the others keep their distance to it, so that a backlog is not pressed into one moment. What does not
 *   belong to the longest run of them (one that is years ahead of the others) gets our time.
 *
 * Times of ours are one millisecond apart, and none is that of another reading, so that none overwrites another.
 * `keptMs`: how far back a time may lie; one before it says nothing about the clock.
 */
export function stampMessage(
  readings: readonly Reading[],
  memory: DeviceLiveState,
  keptMs = Number.POSITIVE_INFINITY,
): Stamped[] {
  const receivedAt = readings[0]?.receivedAt ?? 0
  const latestMs = receivedAt + futureToleranceMs
  if (readings.every(({ ts }) => ts !== null && ts <= latestMs))
    return readings.map(({ ts }) => ({ tsMs: ts ?? 0, tsSource: 'device', clockFixed: false }))
  const clock = fastClock(readings, { earliestMs: receivedAt - keptMs, latestMs })
  const ofDevice = readings.map(({ ts }): Stamped | undefined => {
    if (ts === null) return undefined
    if (ts <= latestMs) return { tsMs: ts, tsSource: 'device', clockFixed: false }
    if (clock === undefined || ts < clock.firstMs || ts > clock.lastMs) return undefined
    return { tsMs: ts - clock.lastMs + receivedAt, tsSource: 'server', clockFixed: true }
  })
  return withOurs(readings, ofDevice, memory)
}

interface Bounds {
  earliestMs: number
  latestMs: number
}

/** The times that one clock gave which is ahead; `undefined`: no clock is, or one time of the message can be right. */
function fastClock(readings: readonly Reading[], { earliestMs, latestMs }: Bounds) {
  const times = readings.flatMap(({ ts }) => (ts === null || ts < earliestMs ? [] : [ts]))
  if (times.length === 0 || times.some((ts) => ts <= latestMs)) return undefined
  times.sort((one, other) => one - other)
  const steps = times.slice(1).map((ts, index) => ts - (times[index] ?? ts))
  const defaultMs = steps.toSorted((one, other) => one - other)[Math.floor(steps.length / 2)] ?? 0
  return longestRun(times, Math.max(longestStepMs, defaultMs * defaultSteps))
}

/** Of times in order, the most that follow each other without a longer step; the later of equally many. */
function longestRun(times: readonly number[], maxMs: number): { firstMs: number; lastMs: number } {
  let longest = { from: 0, to: 0 }
  let from = 0
  for (let to = 0; to < times.length; to += 1) {
    if (to > 0 && (times[to] ?? 0) - (times[to - 1] ?? 0) > maxMs) from = to
    if (to - from >= longest.to - longest.from) longest = { from, to }
  }
  return { firstMs: times[longest.from] ?? 0, lastMs: times[longest.to] ?? 0 }
}

/** Fills in our time for those that have none of their device. */
function withOurs(
  readings: readonly Reading[],
  ofDevice: readonly (Stamped | undefined)[],
  memory: DeviceLiveState,
): Stamped[] {
  const missing = ofDevice.filter((stamped) => stamped === undefined).length
  const lastOfDevice = ofDevice.findLastIndex((stamped) => stamped?.tsSource === 'device')
  const taken = missing === 0 ? undefined : new Set(ofDevice.map((stamped) => stamped?.tsMs))
  let nextMs = Math.max((readings[0]?.receivedAt ?? 0) - missing + 1, memory.stampedAtMs + 1)
  let behindMs = 0
  return ofDevice.map((stamped, index) => {
    if (stamped !== undefined) {
      behindMs = Math.max(behindMs, stamped.tsMs)
      return stamped
    }
    const clockFixed = readings[index]?.ts !== null
    if (clockFixed) nextMs = Math.max(nextMs, behindMs + 1)
    while (taken?.has(nextMs)) nextMs += 1
    memory.stampedAtMs = nextMs
    nextMs += 1
    const ours: Stamped = { tsMs: memory.stampedAtMs, tsSource: 'server', clockFixed }
    return clockFixed && index < lastOfDevice ? { ...ours, superseded: true } : ours
  })
}

/**
 * Follows how far a device's time is behind ours (positive) or ahead, by the newest time of a message. A late message
 * does not tell while others come that are not (it is a backlog); where none came for `quietMs` all that is sent is late.
 */
export function followSkew(
  memory: DeviceLiveState,
  { readings, stamps, quietMs }: { readings: readonly Reading[]; stamps: readonly Stamped[]; quietMs: number },
): void {
  const newest = newestTime(readings, stamps)
  const receivedAt = readings[0]?.receivedAt ?? 0
  const isLive = memory.liveAtMs === receivedAt
  if (newest === undefined || (!isLive && receivedAt - memory.liveAtMs <= quietMs)) return
  const differenceMs = receivedAt - newest
  const before = memory.skewMs
  // Further off than clocks and networks go is not smoothed: it is another clock, or the same one set.
  const jumps = before === null || Math.abs(differenceMs - before) > futureToleranceMs
  memory.skewMs = jumps ? differenceMs : Math.round(before + (differenceMs - before) * skewWeight)
}

/** Of times that can be the newest; of those of a clock that is ahead where none can. */
function newestTime(readings: readonly Reading[], stamps: readonly Stamped[]): number | undefined {
  const ofDevice = readings.filter(({ ts }, index) => ts !== null && stamps[index]?.tsSource === 'device')
  const named = ofDevice.length > 0 ? ofDevice : readings.filter(({ ts }) => ts !== null)
  return named.length === 0
    ? undefined
    : named.reduce((most, { ts }) => Math.max(most, ts ?? most), Number.NEGATIVE_INFINITY)
}
