import {
  type LayerSpecification,
  Map as MapLibre,
  prewarm,
  type SourceSpecification,
  type StyleSpecification,
  setWorkerUrl,
} from 'maplibre-gl'
import workerUrl from 'maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url'
import type { Feature, FeatureCollection } from '../../domain/geo/geojson.ts'
import { routeLines } from '../../domain/transit/routes.ts'
import type { LoadedSite, SiteLayer } from '../core/city/site.ts'
import { widths } from './basemap-lite.ts'
import type { Palette } from './palette.ts'
import type { Projection } from './projection.ts'

/** A drawn base map in a container of its own. */
export interface Basemap {
  /** How often it was drawn so far. */
  draws(): number
  close(): void
}

/** The default of 4096 px would blur a wall of six panels. */
const maxCanvasPx = 16_384

const drawn: readonly SiteLayer[] = ['outline', 'kecamatan', 'kelurahan', 'rivers', 'streets']

function sources(site: LoadedSite): Record<string, SourceSpecification> {
  const source = (features: Feature[]): SourceSpecification => {
    const data: FeatureCollection = { type: 'FeatureCollection', features }
    // No tile may be simplified away: the view never changes.
    return { type: 'geojson', data, tolerance: 0.1 }
  }
  const entries = drawn.map((layer) => [layer, source(site[layer])] as const)
  return { ...Object.fromEntries(entries), routes: source(routeLines(site.routes)) }
}

function line(id: string, source: SiteLayer, colour: string, width: number, only?: string): LayerSpecification {
  return {
    id,
    type: 'line',
    source,
    layout: { 'line-join': 'round', 'line-cap': 'round' },
    paint: { 'line-color': colour, 'line-width': Math.max(0.75, width) },
    ...(only === undefined ? {} : { filter: ['==', ['get', 'class'], only] }),
  }
}

function style(options: { site: LoadedSite; routes: boolean; palette: Palette; u: number }): StyleSpecification {
  const { site, routes, palette, u } = options
  return {
    version: 8,
    sources: sources(site),
    layers: [
      { id: 'ground', type: 'background', paint: { 'background-color': palette.ground } },
      { id: 'land', type: 'fill', source: 'outline', paint: { 'fill-color': palette.land } },
      line('kelurahan', 'kelurahan', palette.district, widths.kelurahan * u),
      line('lanes', 'streets', palette.lane, widths.street * u, 'local'),
      line('collectors', 'streets', palette.lane, widths.street * u, 'collector'),
      line('rivers', 'rivers', palette.river, widths.river * u),
      line('arterials', 'streets', palette.street, widths.arterial * u, 'arterial'),
      line('motorways', 'streets', palette.motorway, widths.motorway * u, 'motorway'),
      ...(routes ? [line('routes', 'routes', palette.route, widths.route * u)] : []),
      line('kecamatan', 'kecamatan', palette.landEdge, widths.district * u),
      line('edge', 'outline', palette.landEdge, widths.edge * u),
    ],
  }
}

/**
 * Opens MapLibre on the same still view as everything above it. Nothing is fetched: the style is made here from the
 * site's GeoJSON, labels are drawn by our own layer. `onReady` after the first whole picture, `onFailed` if
 * it cannot come about (its worker did not load), `onLost` when the browser took the graphics context away.
 */
export function openGlBasemap(options: {
  container: HTMLElement
  site: LoadedSite
  routes: boolean
  palette: Palette
  projection: Projection
  u: number
  onReady: () => void
  onLost: () => void
  onFailed: () => void
}): Basemap {
  const { projection } = options
  setWorkerUrl(workerUrl)
  const map = new MapLibre({
    container: options.container,
    style: style(options),
    center: [projection.centre.lon, projection.centre.lat],
    zoom: projection.zoom,
    interactive: false,
    attributionControl: false,
    fadeDuration: 0,
    maxCanvasSize: [maxCanvasPx, maxCanvasPx],
    renderWorldCopies: false,
    trackResize: false,
    minZoom: 0,
    maxZoom: 24,
  })
  let ready = false
  let draws = 0
  map.on('render', () => {
    draws++
  })
  map.once('idle', () => {
    ready = true
    // Keeps these workers, which evidently run, for the next map. Otherwise they end with the last map, are started anew with
    // each slide, and MapLibre's record of their end holds that map with all its data.
    prewarm()
    options.onReady()
  })
  map.on('error', () => {
    if (!ready) options.onFailed()
  })
  map.on('webglcontextlost', options.onLost)
  return { draws: () => draws, close: () => map.remove() }
}

/** MapLibre 6 needs WebGL2, and throws without it. */
export function hasWebGl2(): boolean {
  const context = document.createElement('canvas').getContext('webgl2')
  context?.getExtension('WEBGL_lose_context')?.loseContext()
  return context !== null
}
