import { futureToleranceMs, type Metrics, type Reading } from '../../contract/reading.ts'
import type { DeviceLiveState } from '../device-state.ts'
import type { Stamped } from './stamp.ts'

/**
 * Brings a device's live picture forward. Late data belongs to history only: it moves nothing back, not even for the
 * one metric that it carries. Returns whether the reading was live.
 */
export function followPicture(memory: DeviceLiveState, reading: Reading, metrics: Metrics, stamped: Stamped): boolean {
  memory.receivedAtMs = Math.max(memory.receivedAtMs ?? 0, reading.receivedAt)
  const { tsMs } = stamped
  if (tsMs < (memory.measuredAtMs ?? 0)) return false
  keepValues(memory, metrics, tsMs)
  memory.measuredAtMs = tsMs
  memory.liveAtMs = reading.receivedAt
  // Whoever sends is not offline, whatever its Will said of an earlier connection.
  if (memory.status === 'offline') memory.status = null
  memory.tsSource = stamped.tsSource
  memory.clockWrong = stamped.clockFixed
  if (reading.lat !== undefined && reading.lon !== undefined) {
    memory.lat = reading.lat
    memory.lon = reading.lon
    memory.positionAtMs = tsMs
  }
  return true
}

/**
 * What is remembered lies further ahead than any device may be: our clock was set back. Held against it, everything that
 * comes would be late for as long. The moments that were given out stay: none is given twice.
 */
export function forgetFuture(memory: DeviceLiveState, nowMs: number): void {
  const latestMs = nowMs + futureToleranceMs
  if ((memory.receivedAtMs ?? 0) > latestMs) memory.receivedAtMs = nowMs
  if ((memory.measuredAtMs ?? 0) <= latestMs) return
  memory.measuredAtMs = nowMs
  for (const times of [memory.timesMs, memory.namesMs]) {
    for (const name in times) times[name] = Math.min(times[name] ?? 0, nowMs)
  }
}

/** A partial update keeps earlier values, each with the time it is from. */
function keepValues(memory: DeviceLiveState, metrics: Metrics, tsMs: number): void {
  for (const name in metrics) {
    memory.metrics[name] = metrics[name] ?? 0
    memory.timesMs[name] = tsMs
  }
}
