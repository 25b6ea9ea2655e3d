import { findProfile } from '../../contract/profiles/index.ts'
import { defaultExpectedS } from '../../contract/state.ts'
import type { DeviceLiveState } from '../device-state.ts'
import type { KnownDevice } from '../directory.ts'

/**
 * A sleeping sensor connects, says its message and is gone, often without a goodbye. That is no loss: of a device whose
 * connections end with their message only the age of its data tells. A device that once held its connection is none.
 */

/** Connections that are remembered. */
const maxRemembered = 8
/** A connection that lasts no longer, nor half of the interval between two messages, ends with its message. */
const longestVisitMs = 60_000
/** Of a device that sends this seldom one such connection says enough; else it takes some in a row. */
const seldomMs = 120_000
const visitsInARow = 3

/** Ends that nobody saw come: the connection lasted until the last message. */
const silentEnds = new Set(['keepalive', 'taken-over'])

/** The network or the device ended it, not a rule that was broken or a key that was taken back. */
const bySocket = /^(socket-closed|keepalive|taken-over|error: (read|write) E[A-Z]+)$/

/** The device's declared interval. */
export function expectedMsOf({ profile, expectedS }: KnownDevice): number {
  return (expectedS ?? findProfile(profile)?.expectedS ?? defaultExpectedS) * 1000
}

/** Whether the connection that is up, or just ended, was a visit; `undefined`: no message came over it. */
function isVisit({ link, receivedAtMs }: DeviceLiveState, expectedMs: number, endMs: number): boolean | undefined {
  if (receivedAtMs === null || receivedAtMs < link.sinceMs) return undefined
  return endMs - link.sinceMs < Math.min(expectedMs / 2, longestVisitMs)
}

function onlyVisits(held: readonly boolean[], expectedMs: number): boolean {
  return held.length >= (expectedMs >= seldomMs ? 1 : visitsInARow) && !held.includes(true)
}

/** Remembers how the connection that is up was used, now that it ends. */
export function followVisits(
  memory: DeviceLiveState,
  expectedMs: number,
  end: { reason: string | null; atMs: number },
): void {
  const endMs = silentEnds.has(end.reason ?? '') ? (memory.receivedAtMs ?? end.atMs) : end.atMs
  const visit = isVisit(memory, expectedMs, endMs)
  if (visit !== undefined) memory.heldLinks = [...memory.heldLinks, !visit].slice(-maxRemembered)
}

/** Its connections end with their message: that one more has, says nothing. */
export function isEndOfVisit({ heldLinks }: DeviceLiveState, expectedMs: number, reason: string | null): boolean {
  return bySocket.test(reason ?? '') && onlyVisits(heldLinks, expectedMs)
}

/** The same while the connection ends: its Will comes before its end is told. */
export function isVisiting(memory: DeviceLiveState, expectedMs: number): boolean {
  const visit = isVisit(memory, expectedMs, memory.receivedAtMs ?? 0)
  return onlyVisits(visit === undefined ? memory.heldLinks : [...memory.heldLinks, !visit], expectedMs)
}
