import type { DeviceChange } from '../../contract/live.ts'
import type { CityChanges } from './pending-changes.ts'

/** What a slow client has still to be told: the newest value of each field, so that it never outgrows the city. */
export interface Backlog {
  readonly empty: boolean
  /** Devices that changed. */
  readonly size: number
  add(changes: CityChanges): void
  take(): CityChanges
}

export function createBacklog(): Backlog {
  let changes = new Map<string, DeviceChange>()
  let removed = new Set<string>()
  return {
    get empty() {
      return changes.size === 0 && removed.size === 0
    },
    get size() {
      return changes.size
    },
    add(later) {
      for (const id of later.removed) {
        changes.delete(id)
        removed.add(id)
      }
      for (const change of later.changes) {
        removed.delete(change.id)
        const earlier = changes.get(change.id)
        // The very same where nothing is joined: it is encoded already.
        changes.set(change.id, earlier === undefined ? change : { ...earlier, ...change })
      }
    },
    take() {
      const taken = { changes: [...changes.values()], removed: [...removed] }
      changes = new Map()
      removed = new Set()
      return taken
    },
  }
}
