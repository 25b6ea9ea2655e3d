/** The part of GeoJSON (RFC 7946) that a site uses. */
export type Position = number[]

export type Geometry =
  | { type: 'Point'; coordinates: Position }
  | { type: 'LineString'; coordinates: Position[] }
  | { type: 'MultiLineString'; coordinates: Position[][] }
  | { type: 'Polygon'; coordinates: Position[][] }
  | { type: 'MultiPolygon'; coordinates: Position[][][] }

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
export function linesOf(geometry: Geometry): readonly Position[][] {
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
