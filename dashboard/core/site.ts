import type { Feature, FeatureCollection } from './geojson.ts'
import type { RiverPost } from './river-posts.ts'

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
  posts: RiverPost[]
  /** Files that could not be read: the map says so. */
  missing: string[]
}

export type SiteLayer = Exclude<keyof Site, 'name' | 'posts' | 'missing'>

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
    posts: [],
    missing: [],
  }
}

/** A text property of a feature; '' where it has none. */
export function property(feature: Feature, key: string): string {
  const found: unknown = feature.properties?.[key]
  return typeof found === 'string' ? found : ''
}

/** Kelurahan and kecamatan of a Kemendagri code, by name; the code itself where the site knows neither. */
export function areaName({ kelurahan, kecamatan }: Pick<Site, 'kelurahan' | 'kecamatan'>, code: string): string {
  const named = (list: readonly Feature[], wanted: string) => list.find((area) => property(area, 'code') === wanted)
  const areas = [named(kelurahan, code), named(kecamatan, code.slice(0, 8))]
  const names = areas.flatMap((area) => (area === undefined ? [] : property(area, 'name')))
  return names.length === 0 ? code : names.join(', ')
}

/** The lines of the bus routes, without their stops. */
export function routeLines(site: Pick<Site, 'routes'>): Feature[] {
  return site.routes.filter((feature) => property(feature, 'type') === 'route')
}

/** Loads what the map draws from our own server; a file that fails leaves its layer empty and its name in `missing`. */
export async function loadSite(read: (path: string) => Promise<unknown>): Promise<Site> {
  const site = emptySite()
  const layers = Object.keys(files) as SiteLayer[]
  const take = async (file: string, put: (content: unknown) => void) => {
    try {
      put(await read(`/api/v1/site/${file}`))
    } catch {
      site.missing.push(file.replace(/\.\w+$/, ''))
    }
  }
  // Written by the project and checked by its own schema.
  const asLayer = (content: unknown) => (content as FeatureCollection).features
  const asPosts = (content: unknown) => (content as { posts: RiverPost[] }).posts
  await Promise.all([
    ...layers.map((layer) =>
      take(`${files[layer]}.geojson`, (content) => {
        site[layer] = asLayer(content)
      }),
    ),
    take('river-posts.json', (content) => {
      site.posts = asPosts(content)
    }),
  ])
  const [outline] = site.outline
  return { ...site, name: outline === undefined ? '' : property(outline, 'name') }
}
