import type { Feature, FeatureCollection } from './geojson.ts'

/** The city's geography, as far as it could be loaded. */
export interface Site {
  name: string
  outline: Feature[]
  kecamatan: Feature[]
  kelurahan: Feature[]
  rivers: Feature[]
  streets: Feature[]
  places: Feature[]
  routes: Feature[]
  /** Files that could not be read: the map says so. */
  missing: string[]
}

export type SiteLayer = Exclude<keyof Site, 'name' | 'missing'>

const files: Record<SiteLayer, string> = {
  outline: 'city',
  kecamatan: 'kecamatan',
  kelurahan: 'kelurahan',
  rivers: 'rivers',
  streets: 'streets',
  places: 'places',
  routes: 'bus-routes',
}

export function emptySite(): Site {
  return {
    name: '',
    outline: [],
    kecamatan: [],
    kelurahan: [],
    rivers: [],
    streets: [],
    places: [],
    routes: [],
    missing: [],
  }
}

/** A text property of a feature; '' where it has none. */
export function property(feature: Feature, key: string): string {
  const found: unknown = feature.properties?.[key]
  return typeof found === 'string' ? found : ''
}

/** Loads what the map draws from our own server; a file that fails leaves its layer empty and its name in `missing`. */
export async function loadSite(read: (path: string) => Promise<unknown>): Promise<Site> {
  const site = emptySite()
  const layers = Object.keys(files) as SiteLayer[]
  await Promise.all(
    layers.map(async (layer) => {
      try {
        // Written by the project and checked by its own schema.
        const collection = (await read(`/api/v1/site/${files[layer]}.geojson`)) as FeatureCollection
        site[layer] = collection.features
      } catch {
        site.missing.push(files[layer])
      }
    }),
  )
  const [outline] = site.outline
  return { ...site, name: outline === undefined ? '' : property(outline, 'name') }
}
