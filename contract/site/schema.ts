import { z } from 'zod'

/**
 * A site is a folder of JSON and GeoJSON that says what a city looks like: outlines, streets, rivers, places, bus
 * routes, river posts and offices. The shape is described in `contract/site/README.md`; another city brings its own
 * folder. Coordinates are WGS 84, [longitude, latitude] in degrees (RFC 7946).
 */

const longitude = z.number().min(-180).max(180)
const latitude = z.number().min(-90).max(90)
const positionSchema = z.tuple([longitude, latitude])
export type LonLat = z.infer<typeof positionSchema>

/** West, south, east, north. */
const boxSchema = z.tuple([longitude, latitude, longitude, latitude])

/** How sure an item is: found at a source, put there by us from one, or made up so that the simulation has it. */
const confidences = ['sourced', 'approximate', 'invented-for-simulation'] as const
const confidenceSchema = z.enum(confidences)

/** Dotted levels of a Kemendagri code: `12.75` (city), `12.75.01` (kecamatan), `12.75.01.1001` (kelurahan). */
const cityCodeSchema = z.string().regex(/^\d{2}\.\d{2}$/)
const kecamatanCodeSchema = z.string().regex(/^\d{2}\.\d{2}\.\d{2}$/)
const kelurahanCodeSchema = z.string().regex(/^\d{2}\.\d{2}\.\d{2}\.\d{4}$/)

const idSchema = z.string().regex(/^[a-z0-9][a-z0-9-]*$/)

/** `source` is a key of `sources` in site.json. */
const provenance = { source: z.string().optional(), confidence: confidenceSchema }

/** First and last position are the same. */
const ringSchema = z.array(positionSchema).min(4)
const areaGeometrySchema = z.union([
  z.object({ type: z.literal('Polygon'), coordinates: z.array(ringSchema).min(1) }),
  z.object({ type: z.literal('MultiPolygon'), coordinates: z.array(z.array(ringSchema).min(1)).min(1) }),
])
type AreaGeometry = z.infer<typeof areaGeometrySchema>
const lineGeometrySchema = z.object({ type: z.literal('LineString'), coordinates: z.array(positionSchema).min(2) })
const pointGeometrySchema = z.object({ type: z.literal('Point'), coordinates: positionSchema })

function featureOf<Geometry extends z.ZodType, Properties extends z.ZodType>(
  geometry: Geometry,
  properties: Properties,
) {
  return z.object({ type: z.literal('Feature'), geometry, properties })
}

function collectionOf<Feature extends z.ZodType>(feature: Feature) {
  return z.object({ type: z.literal('FeatureCollection'), features: z.array(feature) })
}

const infoSchema = z.object({
  id: idSchema,
  name: z.string(),
  /** Name of the command centre itself, on every page; absent: the city's name with "Command Center" behind it. */
  brand: z.string().min(1).optional(),
  /** Name of the city's bus service; absent: its buses are called buses. */
  busService: z.string().min(1).optional(),
  /** Kemendagri code of the city; every other code begins with it. */
  code: cityCodeSchema,
  /** BPS numbers the same city otherwise. */
  statisticsCode: z.string().optional(),
  province: z.string(),
  /** IANA name. */
  timeZone: z.string(),
  bbox: boxSchema,
  /** The city with a margin: what a map shows at first, and the bounds of every simulated position. */
  padBbox: boxSchema,
  centre: positionSchema,
  areaKm2: z.number().positive(),
  population: z.object({ count: z.int().positive(), asOf: z.string(), ...provenance }),
  sources: z.record(z.string(), z.string()),
})

const citySchema = collectionOf(
  featureOf(areaGeometrySchema, z.object({ code: cityCodeSchema, name: z.string(), ...provenance })),
)

const areaProperties = {
  name: z.string(),
  /** A point well inside, for its label. */
  labelPoint: positionSchema,
  areaKm2: z.number().positive(),
  population: z.int().positive(),
  populationConfidence: confidenceSchema,
  ...provenance,
}

const kecamatanSchema = collectionOf(
  featureOf(areaGeometrySchema, z.object({ code: kecamatanCodeSchema, ...areaProperties })),
)

/** `none`: no report of a flood since 2020. */
const floodRisks = ['none', 'low', 'medium', 'high'] as const

const kelurahanSchema = collectionOf(
  featureOf(
    areaGeometrySchema,
    z.object({
      code: kelurahanCodeSchema,
      kecamatanCode: kecamatanCodeSchema,
      /** Other spellings in use. */
      aliases: z.array(z.string()).optional(),
      postalCode: z.string().optional(),
      floodRisk: z.enum(floodRisks),
      ...areaProperties,
    }),
  ),
)

/** Drawn from its upper end downstream. */
const riversSchema = collectionOf(
  featureOf(
    lineGeometrySchema,
    z.object({ id: idSchema, name: z.string(), aliases: z.array(z.string()).optional(), ...provenance }),
  ),
)

const streetClasses = ['motorway', 'arterial', 'collector', 'local'] as const

const streetsSchema = collectionOf(
  featureOf(
    lineGeometrySchema,
    z.object({
      id: idSchema,
      name: z.string(),
      class: z.enum(streetClasses),
      nameConfidence: confidenceSchema,
      ...provenance,
    }),
  ),
)

const placeTypes = [
  'government',
  'landmark',
  'park',
  'station',
  'bus-terminal',
  'market',
  'shelter',
  'hospital',
  'toll-gate',
  'bridge',
] as const

const placesSchema = collectionOf(
  featureOf(
    pointGeometrySchema,
    z.object({
      id: idSchema,
      name: z.string(),
      type: z.enum(placeTypes),
      areaCode: kelurahanCodeSchema,
      address: z.string().optional(),
      /** Of a bridge: what it crosses, and what it carries. */
      riverId: idSchema.optional(),
      streetId: idSchema.optional(),
      ...provenance,
    }),
  ),
)

const routeFeatureSchema = featureOf(
  lineGeometrySchema,
  z.object({
    type: z.literal('route'),
    id: idSchema,
    name: z.string(),
    /** `#rrggbb` */
    colour: z.string().regex(/^#[0-9a-f]{6}$/),
    ...provenance,
  }),
)
const stopFeatureSchema = featureOf(
  pointGeometrySchema,
  z.object({
    type: z.literal('stop'),
    id: idSchema,
    name: z.string(),
    routeId: idSchema,
    /** Along the route from its first position, m. */
    distanceM: z.number().min(0),
    areaCode: kelurahanCodeSchema,
    ...provenance,
  }),
)
const busRoutesSchema = collectionOf(z.union([routeFeatureSchema, stopFeatureSchema]))

/** Where a river is measured. Thresholds are readings of the staff (`water_level_m`); siaga 1 is the gravest. */
const riverPostsSchema = z.object({
  posts: z.array(
    z.object({
      id: idSchema,
      name: z.string(),
      riverId: idSchema,
      lat: latitude,
      lon: longitude,
      areaCode: kelurahanCodeSchema,
      /** Along the river from its upper end, m: how long a wave needs from one post to the next. */
      distanceM: z.number().min(0),
      siagaM: z.object({ 1: z.number(), 2: z.number(), 3: z.number() }),
      ...provenance,
    }),
  ),
})

/** OPD: the offices of the city, and the subjects of report each answers for. */
const officesSchema = z.object({
  offices: z.array(
    z.object({
      id: idSchema,
      name: z.string(),
      shortName: z.string(),
      subjects: z.array(z.string()),
      subjectsConfidence: confidenceSchema,
      /** Of a camat: the kecamatan. */
      areaCode: kecamatanCodeSchema.optional(),
      ...provenance,
    }),
  ),
})

export const siteSchema = z.object({
  info: infoSchema,
  city: citySchema,
  kecamatan: kecamatanSchema,
  kelurahan: kelurahanSchema,
  rivers: riversSchema,
  streets: streetsSchema,
  places: placesSchema,
  busRoutes: busRoutesSchema,
  riverPosts: riverPostsSchema,
  offices: officesSchema,
})
export type Site = z.infer<typeof siteSchema>

export type BusRoute = z.infer<typeof routeFeatureSchema>
export type BusStop = z.infer<typeof stopFeatureSchema>

/** Which file of the folder holds which part. */
export const siteFiles = {
  info: 'site.json',
  city: 'city.geojson',
  kecamatan: 'kecamatan.geojson',
  kelurahan: 'kelurahan.geojson',
  rivers: 'rivers.geojson',
  streets: 'streets.geojson',
  places: 'places.geojson',
  busRoutes: 'bus-routes.geojson',
  riverPosts: 'river-posts.json',
  offices: 'offices.json',
} as const satisfies Record<keyof Site, string>

export function busRoutes(site: Pick<Site, 'busRoutes'>): BusRoute[] {
  return site.busRoutes.features.filter((feature): feature is BusRoute => feature.properties.type === 'route')
}

/** Stops of one route in the order in which it passes them. */
export function busStops(site: Pick<Site, 'busRoutes'>, routeId: string): BusStop[] {
  return site.busRoutes.features
    .filter((feature): feature is BusStop => feature.properties.type === 'stop')
    .filter((stop) => stop.properties.routeId === routeId)
    .sort((a, b) => a.properties.distanceM - b.properties.distanceM)
}

/** The kecamatan that a kelurahan's (or its own) Kemendagri code names; `undefined` for anything else. */
export function kecamatanOf(code: string): string | undefined {
  return /^(\d{2}\.\d{2}\.\d{2})(?:\.\d{4})?$/.exec(code)?.[1]
}

/** Code of the kelurahan in which a position lies; `undefined` outside all of them. */
export function areaAt(site: Pick<Site, 'kelurahan'>, lat: number, lon: number): string | undefined {
  return site.kelurahan.features.find((feature) => isInside(feature.geometry, lat, lon))?.properties.code
}

/** Whether a position lies in an area: even-odd rule over all its rings, so that holes are outside. */
export function isInside(geometry: AreaGeometry, lat: number, lon: number): boolean {
  const polygons = geometry.type === 'Polygon' ? [geometry.coordinates] : geometry.coordinates
  let crossings = 0
  for (const rings of polygons) {
    for (const ring of rings) crossings += crossingsEastOf(ring, lat, lon)
  }
  return crossings % 2 === 1
}

function crossingsEastOf(ring: readonly LonLat[], lat: number, lon: number): number {
  let crossings = 0
  for (const [index, [toLon, toLat]] of ring.entries()) {
    const from = ring[index - 1]
    if (from === undefined) continue
    const [fromLon, fromLat] = from
    if (fromLat > lat === toLat > lat) continue
    if (lon < fromLon + ((lat - fromLat) / (toLat - fromLat)) * (toLon - fromLon)) crossings += 1
  }
  return crossings
}
