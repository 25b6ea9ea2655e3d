import { lineLengthM } from '../geo/geo.ts'
import { type Feature, property } from '../geo/geojson.ts'

/** A route of buses drawn out straight. */
export interface RouteLine {
  id: string
  name: string
  /** [lon, lat] */
  line: readonly (readonly number[])[]
  lengthM: number
  /** In their order, each at its share of the way, 0 to 1. */
  stops: readonly { name: string; share: number }[]
}

/** The lines of the bus routes, without their stops. */
export function routeLines(features: readonly Feature[]): Feature[] {
  return features.filter((feature) => property(feature, 'type') === 'route')
}

function stopsOf(features: readonly Feature[], routeId: string, lengthM: number): RouteLine['stops'] {
  return features
    .filter((feature) => property(feature, 'type') === 'stop' && property(feature, 'routeId') === routeId)
    .map((feature) => ({ name: property(feature, 'name'), share: shareOf(feature, lengthM) }))
    .sort((a, b) => a.share - b.share)
}

function shareOf(feature: Feature, lengthM: number): number {
  const along = Number(feature.properties?.distanceM)
  return Number.isFinite(along) && lengthM > 0 ? Math.min(1, Math.max(0, along / lengthM)) : 0
}

/** Routes of a site's `bus-routes.geojson`, with their stops. */
export function routesOf(features: readonly Feature[]): RouteLine[] {
  return routeLines(features).flatMap((feature) => {
    if (feature.geometry.type !== 'LineString') return []
    const id = property(feature, 'id')
    const line = feature.geometry.coordinates
    const lengthM = lineLengthM(line)
    return [{ id, name: property(feature, 'name'), line, lengthM, stops: stopsOf(features, id, lengthM) }]
  })
}
