import type { DeviceView } from '../../contract/http/devices.ts'
import type { DeviceChange } from '../../contract/live.ts'

/** What changed and was not told yet: newest value of each field, however often it changed. */
export interface CityChanges {
  changes: DeviceChange[]
  removed: string[]
}

export interface PendingChanges {
  /** Writes a field into a view; if it is another value, that is to be told. */
  set<K extends keyof DeviceView>(view: DeviceView, key: K, next: DeviceView[K]): void
  /** There was no such device: all of it is to be told. */
  added(view: DeviceView): void
  removed(id: string): void
  /** Its changes are not to be told any more. */
  drop(id: string): void
  /** Of those that changed first, until `isEnough` says so; the others come with the next call. */
  take(isEnough: (change: DeviceChange) => boolean): CityChanges
}

export function createPendingChanges(): PendingChanges {
  const removed = new Set<string>()
  const changed = new Map<string, DeviceChange>()

  function changeOf(id: string): DeviceChange {
    let change = changed.get(id)
    if (change === undefined) {
      change = { id }
      changed.set(id, change)
    }
    return change
  }

  return {
    set(view, key, next) {
      if (sameValue(view[key], next)) return
      view[key] = next
      Object.assign(changeOf(view.id), { [key]: next })
    },
    added(view) {
      changed.set(view.id, { ...view })
      removed.delete(view.id)
    },
    removed(id) {
      removed.add(id)
    },
    drop(id) {
      changed.delete(id)
    },
    take(isEnough) {
      const taken: CityChanges = { changes: [], removed: [...removed] }
      removed.clear()
      for (const change of changed.values()) {
        changed.delete(change.id)
        taken.changes.push(change)
        if (isEnough(change)) break
      }
      return taken
    },
  }
}

/** Equal as far as a view goes: primitives, and records or lists of primitives. */
function sameValue(one: unknown, other: unknown): boolean {
  if (one === other) return true
  if (!isPlain(one) || !isPlain(other)) return false
  const keys = Object.keys(one)
  if (keys.length !== Object.keys(other).length) return false
  for (const key of keys) if (!sameValue(one[key], other[key])) return false
  return true
}

function isPlain(candidate: unknown): candidate is Record<string, unknown> {
  return typeof candidate === 'object' && candidate !== null
}
