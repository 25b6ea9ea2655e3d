import { type Feature, property } from '../../../domain/geo/geojson.ts'
import type { RiverPost } from '../../../domain/rivers/siaga.ts'
import { type Reads, RestError } from '../connection/http-client.ts'

/** The city's geography, as far as it could be loaded. */
export interface LoadedSite {
  name: string
  outline: Feature[]
  kecamatan: Feature[]
  kelurahan: Feature[]
  rivers: Feature[]
  streets: Feature[]
  places: Feature[]
  routes: Feature[]
  posts: RiverPost[]
  /** Every file was asked for once: what is empty now is empty, or in `missing`. */
  loaded: boolean
  /** Files that could not be read: the map says so. */
  missing: string[]
}

export type SiteLayer = Exclude<keyof LoadedSite, 'name' | 'posts' | 'loaded' | 'missing'>

const files: Record<SiteLayer, string> = {
  outline: 'city',
  kecamatan: 'kecamatan',
  kelurahan: 'kelurahan',
  rivers: 'rivers',
  streets: 'streets',
  places: 'places',
  routes: 'bus-routes',
}

export function emptySite(): LoadedSite {
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
    loaded: false,
    missing: [],
  }
}

/** Kelurahan and kecamatan of a Kemendagri code, by name; the code itself where the site knows neither. */
export function areaName({ kelurahan, kecamatan }: Pick<LoadedSite, 'kelurahan' | 'kecamatan'>, code: string): string {
  const named = (list: readonly Feature[], wanted: string) => list.find((area) => property(area, 'code') === wanted)
  const areas = [named(kelurahan, code), named(kecamatan, code.slice(0, 8))]
  const names = areas.flatMap((area) => (area === undefined ? [] : property(area, 'name')))
  return names.length === 0 ? code : names.join(', ')
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

/** Of a file that the project wrote and checked by its own schema; what else may answer in its place has none of this. */
function readFeatures(body: unknown): Feature[] | undefined {
  const { features } = isObject(body) ? body : {}
  const isFeature = (one: unknown) =>
    isObject(one) &&
    isObject(one.geometry) &&
    typeof one.geometry.type === 'string' &&
    Array.isArray(one.geometry.coordinates)
  return Array.isArray(features) && features.every(isFeature) ? features : undefined
}

function readPosts(body: unknown): RiverPost[] | undefined {
  const { posts: list } = isObject(body) ? body : {}
  const isPost = (one: unknown) =>
    isObject(one) && typeof one.name === 'string' && typeof one.riverId === 'string' && isObject(one.siagaM)
  return Array.isArray(list) && list.every(isPost) ? list : undefined
}

const posts = 'river-posts'
const askAgainMs = 15_000

export interface SiteReading {
  read: <T>(path: string, reads: Reads<T>) => Promise<T>
  set: (site: LoadedSite) => void
  /** Ends after so long, ms. */
  pause: (ms: number) => Promise<unknown>
  /** Nobody looks any more. */
  signal: AbortSignal
}

/**
 * Loads what the map draws from our own server; a file that fails leaves its layer empty and its name in `missing`. One
 * that the server has not got is left at that; where it only could not answer, it is asked again until it can.
 */
export async function loadSite({ read, set, pause, signal }: SiteReading): Promise<void> {
  const site: LoadedSite = { ...emptySite(), loaded: true }
  let wanted: (SiteLayer | typeof posts)[] = [...(Object.keys(files) as SiteLayer[]), posts]
  const absent: string[] = []
  while (wanted.length > 0 && !signal.aborted) {
    const failed: typeof wanted = []
    await Promise.all(
      wanted.map(async (layer) => {
        try {
          if (layer === posts) site.posts = await read(pathOf(layer), readPosts)
          else site[layer] = await read(pathOf(layer), readFeatures)
        } catch (error) {
          if (error instanceof RestError && error.status === 404) absent.push(nameOf(layer))
          else failed.push(layer)
        }
      }),
    )
    const [outline] = site.outline
    const name = outline === undefined ? '' : property(outline, 'name')
    set({ ...site, name, missing: [...absent, ...failed.map(nameOf)] })
    wanted = failed
    if (failed.length > 0) await pause(askAgainMs)
  }
}

const nameOf = (layer: SiteLayer | typeof posts): string => (layer === posts ? posts : files[layer])
const pathOf = (layer: SiteLayer | typeof posts): string =>
  `/api/v1/site/${nameOf(layer)}.${layer === posts ? 'json' : 'geojson'}`
