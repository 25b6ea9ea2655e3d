import type Supercluster from 'supercluster'
import type { SeenDevice } from '../core/city/city.ts'
import type { Rect } from './labels.ts'
import { mapFontPx, type Scene } from './scene.ts'

/** Where a cluster is drawn, and whom it stands for. */
export interface ClusterSpot {
  ids: readonly string[]
  /** px of the map. */
  x: number
  y: number
  /** Of its ring, px. */
  radius: number
}

export type ClusterLibrary = typeof Supercluster

/** Fetches what finds clusters: no page needs it for its first picture, and a city with few devices never. */
export const loadClustering = async (): Promise<ClusterLibrary> => (await import('supercluster')).default

/** Nearer than this the map shows every device for itself: 0.6 m to a pixel. */
const closestZoom = 17
/** Of a digit, in its font size. */
const digitEm = 0.6
/** How often circles that touch are moved apart: each time nearly whole, so that few suffice. */
const rounds = 12

function radiusOf(count: number, fontPx: number): number {
  return fontPx * Math.max(1, (String(count).length * digitEm) / 2 + 0.55)
}

interface Circle {
  x: number
  y: number
  readonly radius: number
}

/** Moves two circles apart that touch: each by half, or one by all of it where the other stands still. */
function part(a: Circle, b: Circle, shareOfA: 0 | 0.5): void {
  const [dx, dy] = [b.x - a.x, b.y - a.y]
  const apart = Math.hypot(dx, dy)
  const by = a.radius + b.radius - apart
  if (by <= 0) return
  const [ux, uy] = apart === 0 ? [1, 0] : [dx / apart, dy / apart]
  a.x -= ux * by * shareOfA
  a.y -= uy * by * shareOfA
  b.x += ux * by * (1 - shareOfA)
  b.y += uy * by * (1 - shareOfA)
}

/** No digit may stand across a seam between monitors: the circle goes to the side on which most of it is. */
function leaveSeam(circle: Circle, seam: Rect): void {
  const upright = seam.height > seam.width
  const [at, from, size] = upright ? [circle.x, seam.x, seam.width] : [circle.y, seam.y, seam.height]
  const middle = from + size / 2
  const off = size / 2 + circle.radius
  if (Math.abs(at - middle) >= off) return
  const to = middle + (at < middle ? -off : off)
  if (upright) circle.x = to
  else circle.y = to
}

/**
 * Moves circles a little, so that none covers another, a mark that is drawn for itself, or a seam; where there is not room
 * for all of it, the seams count.
 */
export function settleSpots(
  spots: readonly ClusterSpot[],
  around: { seams: readonly Rect[]; marks: readonly Circle[] },
): ClusterSpot[] {
  const moved = spots.map((spot) => ({ ...spot }))
  for (let round = 0; round < rounds; round++) {
    for (const [i, a] of moved.entries()) {
      for (const b of moved.slice(i + 1)) part(a, b, 0.5)
      for (const mark of around.marks) part(mark, a, 0)
      for (const seam of around.seams) leaveSeam(a, seam)
    }
  }
  return moved
}

/** Finds devices that would be drawn upon one another, for the still view that a scene has. */
export function clusterSpots(
  devices: readonly SeenDevice[],
  scene: Pick<Scene, 'projection' | 'u'>,
  Library: ClusterLibrary,
): ClusterSpot[] {
  const { projection } = scene
  const zoom = Math.min(closestZoom, Math.floor(projection.zoom))
  if (projection.zoom >= closestZoom || zoom < 0) return []
  const fontPx = mapFontPx(scene.u)
  // The library thinks in whole zooms; the picture is larger than the one it takes it for.
  const enlarged = 2 ** (projection.zoom - zoom)
  const radius = (2.4 * radiusOf(devices.length, fontPx)) / enlarged
  const index = new Library<{ id: string }>({ minZoom: zoom, maxZoom: zoom, radius, extent: 512 })
  index.load(
    devices.flatMap(({ id, place }) =>
      place === null
        ? []
        : [
            {
              type: 'Feature' as const,
              properties: { id },
              geometry: { type: 'Point' as const, coordinates: [place.lon, place.lat] },
            },
          ],
    ),
  )
  const spots: ClusterSpot[] = []
  for (const { geometry, properties } of index.getClusters([-180, -85, 180, 85], zoom)) {
    if (properties === null || !('cluster_id' in properties)) continue
    const leaves = index.getLeaves(Number(properties.cluster_id), Number.POSITIVE_INFINITY)
    const ids = leaves.map((leaf) => leaf.properties.id).sort((a, b) => a.localeCompare(b))
    const [lon = 0, lat = 0] = geometry.coordinates
    spots.push({ ids, x: projection.x(lon), y: projection.y(lat), radius: radiusOf(ids.length, fontPx) })
  }
  return spots
}
