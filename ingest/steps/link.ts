import type { LinkChange } from '../../contract/ports.ts'
import type { DeviceMemory } from '../memory.ts'

/** Reasons after which the device itself chose to go; every other end of a connection is a loss. */
const ownWill = new Set(['client'])
/** Ends of ours: they say nothing about the device. */
const ours = new Set(['broker-closed'])

/** The link-alive clock of one device. */
export function followLink(memory: DeviceMemory, change: LinkChange, atMs: number): void {
  const reason = change.reason ?? null
  if (change.event === 'connected') {
    memory.link = { state: 'up', sinceMs: atMs, reason: null }
    // A new connection outdates the Will of the one before.
    if (memory.status === 'offline') memory.status = null
    return
  }
  const state =
    reason !== null && ownWill.has(reason) ? 'closed' : reason !== null && ours.has(reason) ? 'unknown' : 'lost'
  memory.link = { state, sinceMs: atMs, reason }
}
