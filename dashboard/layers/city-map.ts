import type { SeenDevice } from '../core/city.ts'
import { noteMoment } from '../core/page-moments.ts'
import type { Tracks } from '../core/tracks.ts'
import type { Basemap } from './basemap-gl.ts'
import { drawGrid, drawLiteBasemap } from './basemap-lite.ts'
import { createSheet } from './canvas.ts'
import { createLabelSpace } from './labels.ts'
import { markOf } from './marks.ts'
import { createMoversLayer } from './movers-layer.ts'
import { createObjectsLayer } from './objects-layer.ts'
import { drawPlaceLabels, type PlaceLabel, settlePlaceLabels } from './place-labels.ts'
import type { Scene } from './scene.ts'

export interface CityMap {
  /** Draws the ground anew: another size, palette or scale, or map data that arrived. */
  setGround(scene: Scene): void
  /** Draws the devices as they are at a moment. */
  setCity(scene: Scene): void
  /** Moves the movers. True once the map stands: with this frame all is drawn that it was given. */
  frame(nowMs: number): boolean
  /** The device whose mark is at a point of the map, px. */
  at(x: number, y: number): string | undefined
  /** Where a device is drawn, px. */
  drawn(id: string): { x: number; y: number } | undefined
  /** How often MapLibre has drawn the ground; 0 without it. */
  groundDraws(): number
  close(): void
}

/** A finger or a pointer need not hit better than this, px. */
const reachPx = 24
const retryMs = 30_000

/** Which renderer draws the ground; `lite` when the browser has no WebGL2, or lost it. */
export type GroundRenderer = 'gl' | 'lite'

/**
 * The map: a still ground, names, fixed objects and movers, each on a sheet of its own. The plain canvas draws the
 * ground at once; MapLibre takes over where there is WebGL2.
 */
export function createCityMap(options: {
  container: HTMLElement
  tracks: Tracks
  reducedMotion: () => boolean
  /** `?renderer=2d` */
  forceLite: boolean
  onRenderer: (renderer: GroundRenderer) => void
}): CityMap {
  const { container } = options
  const lite = createSheet(container, 'ground')
  const glHost = document.createElement('div')
  glHost.className = 'map-sheet map-gl'
  container.append(glHost)
  const names = createSheet(container, 'names')
  const still = createSheet(container, 'objects')
  const moving = createSheet(container, 'movers')
  const objects = createObjectsLayer({ pen: still.pen, tracks: options.tracks })
  const movers = createMoversLayer({
    pen: moving.pen,
    tracks: options.tracks,
    labels: objects.labels,
    reducedMotion: options.reducedMotion,
  })
  let background = createLabelSpace({ width: 0, height: 0 })
  let places: readonly PlaceLabel[] = []
  let scene: Scene | undefined
  let pictured = false
  let gl: Basemap | undefined
  let round = 0
  let again: ReturnType<typeof setTimeout> | undefined
  let glAllowed = !options.forceLite
  let closed = false

  /** The plain canvas is always there beneath; it shows as soon as MapLibre does not. */
  function closeGl(): void {
    gl?.close()
    gl = undefined
    glHost.dataset.ready = 'false'
    options.onRenderer('lite')
  }

  function fallBack(): void {
    glAllowed = false
    closeGl()
  }

  /** Its code or its worker did not arrive: the server is away, and may come back. */
  function tryLater(): void {
    // What fails may be said late. Nobody would ever close a map that came about now.
    if (closed) return
    closeGl()
    clearTimeout(again)
    again = setTimeout(() => {
      if (scene !== undefined && glAllowed) openGl(scene).catch(tryLater)
    }, retryMs)
  }

  async function openGl(ground: Scene): Promise<void> {
    const mine = ++round
    const library = await import('./basemap-gl.ts')
    if (mine !== round) return
    if (!library.hasWebGl2()) {
      fallBack()
      return
    }
    gl?.close()
    glHost.dataset.ready = 'false'
    gl = library.openGlBasemap({
      container: glHost,
      ...ground,
      onReady: () => {
        if (mine !== round) return
        glHost.dataset.ready = 'true'
        options.onRenderer('gl')
      },
      onLost: fallBack,
      onFailed: () => {
        // MapLibre is in the middle of telling its listeners.
        if (mine === round) setTimeout(tryLater)
      },
    })
  }

  function drawGround(ground: Scene): void {
    for (const sheet of [lite, names, still, moving]) sheet.resize(ground.projection.size)
    if (ground.site.outline.length === 0) drawGrid(lite.pen, ground)
    else drawLiteBasemap(lite.pen, ground)
    const settled = settlePlaceLabels(names.pen, ground)
    background = settled.space
    places = settled.placed
  }

  function distance(device: SeenDevice, x: number, y: number): number {
    const at = movers.drawn(device.id) ?? (scene === undefined ? undefined : markOf(device, scene))
    return at === undefined ? Number.POSITIVE_INFINITY : Math.hypot(at.x - x, at.y - y)
  }

  /** The first frame with ground and devices. */
  function notePicture({ site, city }: Scene): void {
    if (pictured || site.outline.length === 0 || !city.ready) return
    pictured = true
    noteMoment('first-picture')
  }

  return {
    setGround(next) {
      scene = next
      drawGround(next)
      if (glAllowed && next.site.outline.length > 0) openGl(next).catch(tryLater)
    },
    setCity(next) {
      scene = next
      objects.draw(next, background)
      drawPlaceLabels(names.pen, next, places, objects.labels.covered())
      movers.update(next)
    },
    frame(nowMs) {
      if (scene === undefined) return false
      movers.frame(nowMs)
      notePicture(scene)
      return true
    },
    at(x, y) {
      let best: { id: string; px: number } | undefined
      for (const device of scene?.city.devices ?? []) {
        const px = distance(device, x, y)
        if (px <= Math.max(reachPx, (scene?.u ?? 0) * 0.5) && (best === undefined || px < best.px))
          best = { id: device.id, px }
      }
      return best?.id
    },
    drawn(id) {
      const mover = movers.drawn(id)
      if (mover !== undefined || scene === undefined) return mover
      const device = scene.city.byId.get(id)
      const mark = device === undefined ? undefined : markOf(device, scene)
      return mark === undefined ? undefined : { x: mark.x, y: mark.y }
    },
    groundDraws: () => gl?.draws() ?? 0,
    close() {
      closed = true
      round++
      clearTimeout(again)
      gl?.close()
      container.replaceChildren()
    },
  }
}
