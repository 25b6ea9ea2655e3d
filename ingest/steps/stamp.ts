import { futureToleranceMs, type Reading } from '../../contract/reading.ts'
import type { DeviceMemory } from '../memory.ts'

export interface Stamped {
  tsMs: number
  tsSource: 'device' | 'server'
  /** The device named a time that cannot be. */
  clockFixed: boolean
}

/** Weight of a new message in the smoothed clock difference. */
const skewWeight = 0.2

/**
 * Gives every reading of one message its moment. A device's own time is kept as it is, unless it lies ahead of our
 * clock by more than the tolerance: then the newest reading of the message is taken to be of now and the others keep
 * their distance to it, so that a backlog from a fast clock is not pressed into one moment. Readings without a time
 * get ours, one millisecond apart, so that none overwrites another.
 */
export function stampMessage(readings: readonly Reading[], memory: DeviceMemory): Stamped[] {
  const receivedAt = readings[0]?.receivedAt ?? 0
  const newest = readings.reduce((most, { ts }) => Math.max(most, ts ?? 0), 0)
  const aheadMs = newest - receivedAt
  const shiftMs = aheadMs > futureToleranceMs ? aheadMs : 0
  let nextStampMs = Math.max(receivedAt - readings.length + 1, memory.stampedAtMs + 1)
  return readings.map(({ ts }): Stamped => {
    if (ts !== null) {
      const clockFixed = shiftMs > 0
      return { tsMs: ts - shiftMs, tsSource: clockFixed ? 'server' : 'device', clockFixed }
    }
    const tsMs = nextStampMs
    nextStampMs += 1
    memory.stampedAtMs = tsMs
    return { tsMs, tsSource: 'server', clockFixed: false }
  })
}

/** Follows how far a device's clock is behind ours (positive) or ahead; only live messages tell, a backlog does not. */
export function followSkew(memory: DeviceMemory, ts: number, receivedAt: number): void {
  const differenceMs = receivedAt - ts
  const before = memory.skewMs
  memory.skewMs = Math.round(before === null ? differenceMs : before + (differenceMs - before) * skewWeight)
}
