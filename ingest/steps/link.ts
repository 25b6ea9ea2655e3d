import type { LinkChange } from '../../contract/ports/journal.ts'
import type { DeviceLiveState } from '../device-state.ts'
import { followVisits, isEndOfVisit } from './visits.ts'

/** Reasons after which the device itself chose to go; every other end of a connection is a loss. */
const ownWill = new Set(['client'])
/** Ends of ours: they say nothing about the device. */
const ours = new Set(['broker-closed'])

/** What followed of the connection of one device: the change, when it came, and the device's interval. */
export interface LinkStep {
  change: LinkChange
  atMs: number
  expectedMs: number
}

/** The link-alive clock of one device. Returns whether anything changed. */
export function followLink(memory: DeviceLiveState, { change, atMs, expectedMs }: LinkStep): boolean {
  switch (change.event) {
    case 'connected':
      memory.link = { state: 'up', sinceMs: atMs, reason: null }
      // A new connection outdates the Will of the one before.
      if (memory.status === 'offline') memory.status = null
      return true
    case 'disconnected':
      endLink(memory, expectedMs, { reason: change.reason ?? null, atMs })
      return true
    case 'broker-started':
      if (memory.link.state !== 'up' && !memory.duplicate) return false
      if (memory.link.state === 'up') memory.link = lostLink('broker-closed', atMs)
      memory.duplicate = false
      return true
    case 'duplicate':
    case 'duplicate-over':
      memory.duplicate = change.event === 'duplicate'
      return true
  }
}

function endLink(memory: DeviceLiveState, expectedMs: number, end: { reason: string | null; atMs: number }): void {
  const { state } = lostLink(end.reason, end.atMs)
  if (memory.link.state === 'up' && state !== 'unknown') followVisits(memory, expectedMs, end)
  memory.link = lostLink(end.reason, end.atMs)
  if (state !== 'lost') return
  const isVisit = isEndOfVisit(memory, expectedMs, end.reason)
  const flaps = followLosses(memory, { atMs: end.atMs, isVisit, expectedMs })
  if (isVisit && !flaps) memory.link.state = 'closed'
}

/** So many losses within this time, and the connection counts as flapping until it has held for as long. */
const flapping = { losses: 4, withinMs: 120_000 }

/** Remembers one more end that was not chosen; whether there were so many that the line is loose. */
function followLosses(
  memory: DeviceLiveState,
  { atMs, isVisit, expectedMs }: { atMs: number; isVisit: boolean; expectedMs: number },
): boolean {
  memory.lossesMs = [...memory.lossesMs, atMs].slice(-flapping.losses)
  const first = memory.lossesMs.length < flapping.losses ? undefined : memory.lossesMs[0]
  // Who goes with its message comes no more often than twice in its interval.
  const withinMs = isVisit ? ((flapping.losses - 1) * expectedMs) / 2 : flapping.withinMs
  const isOften = first !== undefined && atMs - first <= Math.min(withinMs, flapping.withinMs)
  const goesOn = !isVisit && atMs < (memory.flappingUntilMs ?? 0)
  if (isOften || goesOn) memory.flappingUntilMs = atMs + flapping.withinMs
  return isOften
}

function lostLink(reason: string | null, sinceMs: number): DeviceLiveState['link'] {
  const chosen = reason !== null && ownWill.has(reason)
  return { state: chosen ? 'closed' : reason !== null && ours.has(reason) ? 'unknown' : 'lost', sinceMs, reason }
}
