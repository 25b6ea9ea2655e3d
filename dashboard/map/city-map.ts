import { noteMoment } from '../core/kiosk/page-moments.ts'
import type { Tracks } from '../core/movement/tracks.ts'
import { drawGrid, drawLiteBasemap } from './basemap-lite.ts'
import { createSheet } from './canvas.ts'
import { type Cluster, type Crowd, createCrowd } from './crowd.ts'
import { isInRoom } from './device-labels.ts'
import { createGlGround, type GroundRenderer } from './gl-ground.ts'
import { createLabelSpace, type Rect } from './labels.ts'
import { markOf } from './mark.ts'
import { createMoverPosition } from './mover-position.ts'
import { createMoversLayer } from './movers-layer.ts'
import { createObjectsLayer } from './objects-layer.ts'
import { drawPlaceLabels, type PlaceLabel, placesInSight, settlePlaceLabels } from './place-labels.ts'
import type { Scene } from './scene.ts'

export interface CityMap {
  /** Draws the ground anew: another size, palette or scale, or map data that arrived. */
  setGround(scene: Scene): void
  /** Draws the devices as they are at a moment. Returns which of them are drawn as clusters. */
  setCity(scene: Scene): Crowd
  /** Moves the movers. True once the map stands: with this frame all is drawn that it was given. */
  frame(nowMs: number): boolean
  /** The device or cluster whose mark is at a point of the map, px. */
  at(x: number, y: number): { device: string } | { cluster: Cluster } | undefined
  /** Text on the map, and where it stands now, px. */
  labels(): MapLabel[]
  /** Where a device is drawn for itself, px. */
  drawn(id: string): { x: number; y: number } | undefined
  /** How often MapLibre has drawn the ground; 0 without it. */
  groundDraws(): number
  close(): void
}

export interface MapLabel {
  of: 'device' | 'place' | 'cluster'
  /** Of the device or cluster; the name of a place. */
  id: string
  rect: Rect
}

/** A finger or a pointer need not hit better than this, px. */
const reachPx = 24

const rectOf = ({ x, y, radius }: Cluster): Rect => ({
  x: x - radius,
  y: y - radius,
  width: 2 * radius,
  height: 2 * radius,
})

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
  const gl = createGlGround(options)
  const names = createSheet(container, 'names')
  const still = createSheet(container, 'objects')
  const moving = createSheet(container, 'movers')
  const position = createMoverPosition(options)
  const objects = createObjectsLayer({ pen: still.pen, tracks: options.tracks, position })
  const movers = createMoversLayer({ pen: moving.pen, position, labels: objects.labels })
  const crowding = createCrowd()
  let crowd: Crowd = { alone: [], clusters: [], clusterOf: new Map() }
  let background = createLabelSpace({ width: 0, height: 0 })
  let places: readonly PlaceLabel[] = []
  let scene: Scene | undefined
  let pictured = false

  function drawGround(ground: Scene): void {
    for (const sheet of [lite, names, still, moving]) sheet.resize(ground.projection.size)
    if (ground.site.outline.length === 0) drawGrid(lite.pen, ground)
    else drawLiteBasemap(lite.pen, ground)
    const settled = settlePlaceLabels(names.pen, ground, crowding.at(ground))
    background = settled.space
    places = settled.placed
  }

  function drawn(id: string): { x: number; y: number } | undefined {
    const mover = movers.drawn(id)
    if (mover !== undefined || scene === undefined || crowd.clusterOf.has(id)) return mover
    const device = scene.city.byId.get(id)
    const mark = device === undefined ? undefined : markOf(device, scene)
    return mark === undefined ? undefined : { x: mark.x, y: mark.y }
  }

  /** The single mark that is nearest to a point, if it is in reach. */
  function nearest(x: number, y: number): { id: string; px: number } | undefined {
    const reach = Math.max(reachPx, (scene?.u ?? 0) * 0.5)
    let best: { id: string; px: number } | undefined
    for (const { id } of crowd.alone) {
      const at = drawn(id)
      const px = at === undefined ? Number.POSITIVE_INFINITY : Math.hypot(at.x - x, at.y - y)
      if (px <= (best?.px ?? reach)) best = { id, px }
    }
    return best
  }

  /** Where no name of a place may be seen through. */
  const covered = (): Rect[] => [...objects.labels.covered(), ...crowd.clusters.map(rectOf)]

  function labelNow(id: string): MapLabel[] {
    const [label, at] = [objects.labels.of(id), drawn(id)]
    if (label === undefined || at === undefined || !isInRoom(label, at)) return []
    return [{ of: 'device', id, rect: { ...label.rect, x: at.x + label.rect.x, y: at.y + label.rect.y } }]
  }

  /** The first frame with ground and devices. */
  function notePicture({ site, city }: Scene): void {
    if (pictured || site.outline.length === 0 || city.presence === 'never') return
    pictured = true
    noteMoment('first-picture')
  }

  return {
    setGround(next) {
      scene = next
      drawGround(next)
      if (next.site.outline.length > 0) gl.draw(next)
    },
    setCity(next) {
      scene = next
      crowd = crowding.at(next)
      objects.draw(next, crowd, background)
      drawPlaceLabels(names.pen, next, places, covered())
      movers.update(next)
      return crowd
    },
    frame(nowMs) {
      if (scene === undefined) return false
      movers.frame(nowMs)
      notePicture(scene)
      return true
    },
    at(x, y) {
      const near = nearest(x, y)
      const cluster = crowd.clusters.find((one) => Math.hypot(one.x - x, one.y - y) <= one.radius)
      // A mark that lies on a cluster is drawn above it.
      if (cluster !== undefined && (near === undefined || near.px > reachPx / 2)) return { cluster }
      return near === undefined ? undefined : { device: near.id }
    },
    drawn,
    labels: () => [
      ...[...objects.labels.ids()].flatMap(labelNow),
      ...placesInSight(places, covered()).map(({ text, rect }) => ({
        of: 'place' as const,
        id: text,
        rect,
      })),
      ...crowd.clusters.map((cluster) => ({ of: 'cluster' as const, id: cluster.id, rect: rectOf(cluster) })),
    ],
    groundDraws: gl.draws,
    close() {
      gl.close()
      container.replaceChildren()
    },
  }
}
