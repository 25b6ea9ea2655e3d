import type { Place } from '../../../domain/geo/geo.ts'
import { type Feature, property } from '../../../domain/geo/geojson.ts'
import { riverAt } from '../../../domain/rivers/river-at.ts'
import type { SeenDevice } from '../city/city.ts'

export interface RiverGauges {
  id: string
  name: string
  gauges: SeenDevice[]
}

/**
 * Groups gauges by the river they stand at; every river of the city is there, also one that nobody measures. Remembers
 * where each stands: a river has hundreds of corners, and the groups are asked for with every look at the city.
 */
export function createRiverGroups(rivers: readonly Feature[]): (gauges: readonly SeenDevice[]) => RiverGauges[] {
  let known = new Map<string, { place: Place; riverId: string | undefined }>()

  function riverOf({ id, place }: SeenDevice): string | undefined {
    if (place === null) return undefined
    const before = known.get(id)
    if (before?.place.lat === place.lat && before.place.lon === place.lon) return before.riverId
    const riverId = riverAt(place, rivers)
    known.set(id, { place, riverId })
    return riverId
  }

  return (gauges) => {
    const groups = rivers.map((river) => ({
      id: property(river, 'id'),
      name: property(river, 'name'),
      gauges: [] as SeenDevice[],
    }))
    const other: RiverGauges = { id: '', name: '', gauges: [] }
    // More than there are: some were removed.
    if (known.size > gauges.length) known = new Map()
    for (const gauge of gauges) {
      const id = riverOf(gauge)
      const group = groups.find((one) => one.id === id) ?? other
      group.gauges.push(gauge)
    }
    return other.gauges.length > 0 ? [...groups, other] : groups
  }
}
