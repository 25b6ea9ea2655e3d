import type { z } from 'zod'
import type { DeviceView } from '../../contract/http/devices.ts'
import type { DeviceChange } from '../../contract/live.ts'
import type { watchSchema } from '../../contract/live-schemas.ts'
import type { City } from './city.ts'
import type { CityChanges } from './pending-changes.ts'

type WatchRequest = z.output<typeof watchSchema>

/** One client's part of the city. A device that comes into it is told whole; one that leaves it is told as removed. */
export interface WallFilter {
  all(): DeviceView[]
  part(changes: CityChanges): CityChanges
}

/** `undefined` when it asks for everything. */
export function createWallFilter({ kinds, bbox }: WatchRequest, city: City): WallFilter | undefined {
  if (kinds === undefined && bbox === undefined) return undefined
  const inside = new Set<string>()

  function wants({ kind, lat, lon }: DeviceView): boolean {
    if (kinds !== undefined && !kinds.includes(kind)) return false
    if (bbox === undefined) return true
    const [west, south, east, north] = bbox
    return lat !== null && lon !== null && lat >= south && lat <= north && lon >= west && lon <= east
  }

  /** The change as this client must hear it; `undefined` where it lies outside. */
  function partOf(change: DeviceChange): DeviceChange | undefined {
    const view = city.view(change.id)
    if (view === undefined || !wants(view)) return undefined
    const known = inside.has(change.id)
    inside.add(change.id)
    // A view goes on changing.
    return known ? change : { ...view }
  }

  return {
    all() {
      const wanted = [...city.views()].filter(wants)
      inside.clear()
      for (const { id } of wanted) inside.add(id)
      return wanted
    },
    part({ changes, removed }) {
      const told: DeviceChange[] = []
      const gone = removed.filter((id) => inside.delete(id))
      for (const change of changes) {
        const part = partOf(change)
        if (part !== undefined) told.push(part)
        else if (inside.delete(change.id)) gone.push(change.id)
      }
      return { changes: told, removed: gone }
    },
  }
}
