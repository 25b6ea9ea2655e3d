/** The part of GeoJSON (RFC 7946) that a site uses. */
export type GeoPosition = number[]

export type Geometry =
  | { type: 'Point'; coordinates: GeoPosition }
  | { type: 'LineString'; coordinates: GeoPosition[] }
  | { type: 'MultiLineString'; coordinates: GeoPosition[][] }
  | { type: 'Polygon'; coordinates: GeoPosition[][] }
  | { type: 'MultiPolygon'; coordinates: GeoPosition[][][] }

export interface Feature {
  type: 'Feature'
  geometry: Geometry
  properties: Record<string, unknown> | null
}

export interface FeatureCollection {
  type: 'FeatureCollection'
  features: Feature[]
}

/** A text property of a feature; '' if it has none. */
export function property(feature: Feature, key: string): string {
  const found: unknown = feature.properties?.[key]
  return typeof found === 'string' ? found : ''
}

/** Lines and rings of a geometry; none of a point. */
export function linesOf(geometry: Geometry): readonly GeoPosition[][] {
  switch (geometry.type) {
    case 'Point':
      return []
    case 'LineString':
      return [geometry.coordinates]
    case 'MultiPolygon':
      return geometry.coordinates.flat()
    case 'MultiLineString':
    case 'Polygon':
      return geometry.coordinates
  }
}
