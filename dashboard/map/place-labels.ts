import { type Feature, type GeoPosition, property } from '../../domain/geo/geojson.ts'
import type { Crowd } from './crowd.ts'
import { createLabelSpace, type LabelSpace, overlap, type Rect } from './labels.ts'
import { markOf, markReach } from './mark.ts'
import { mapFont, mapFontPx, type Scene } from './scene.ts'

type Pen = CanvasRenderingContext2D

function labelPoint(feature: Feature): GeoPosition | undefined {
  const named: unknown = feature.properties?.labelPoint
  if (Array.isArray(named)) return named.map(Number)
  const { geometry } = feature
  if (geometry.type === 'Point') return geometry.coordinates
  if (geometry.type === 'LineString') return geometry.coordinates[Math.floor(geometry.coordinates.length / 2)]
  return undefined
}

/** A river's name has several chances along its course. */
function riverPoints(feature: Feature): GeoPosition[] {
  if (feature.geometry.type !== 'LineString') return []
  const line = feature.geometry.coordinates
  return [0.18, 0.3, 0.45, 0.6, 0.75]
    .map((share) => line[Math.floor(line.length * share)])
    .filter((at) => at !== undefined)
}

/** A name with its place on the map. */
export interface PlaceLabel {
  text: string
  rect: Rect
  weight: number
}

interface Writer {
  pen: Pen
  scene: Scene
  space: LabelSpace
  marks: LabelSpace
  placed: PlaceLabel[]
}

/** By how much of its width, and by how many lines, a name may leave its point to make room for devices. */
const shifts: readonly (readonly [across: number, lines: number])[] = [0, -1.2, 1.2, -2.4, 2.4].flatMap((lines) =>
  [0, -0.45, 0.45].map((across) => [across, lines] as const),
)

function settle({ pen, scene, space, marks, placed }: Writer, text: string, at: GeoPosition, weight: number): boolean {
  const [lon = 0, lat = 0] = at
  pen.font = mapFont(scene.u, weight)
  const width = pen.measureText(text).width
  const height = mapFontPx(scene.u) * 1.2
  const air = height * 0.25
  const x = scene.projection.x(lon) - width / 2 - air
  const y = scene.projection.y(lat) - height / 2 - air
  const rect = shifts
    .map(([across, lines]) => ({
      x: x + across * width,
      y: y + lines * height,
      width: width + 2 * air,
      height: height + 2 * air,
    }))
    .find((one) => space.isFree(one) && marks.isFree(one))
  if (rect === undefined) return false
  space.block(rect)
  placed.push({ text, rect, weight })
  return true
}

/** Where fixed devices and clusters stand. */
function markSpace(scene: Scene, { alone, clusters }: Crowd): LabelSpace {
  const space = createLabelSpace(scene.projection.size)
  const block = ({ x, y }: { x: number; y: number }, r: number) =>
    space.block({ x: x - r, y: y - r, width: 2 * r, height: 2 * r })
  for (const device of alone) {
    const mark = device.look.moving ? undefined : markOf(device, scene)
    if (mark !== undefined) block(mark, mark.radius * markReach)
  }
  for (const cluster of clusters) block(cluster, cluster.radius)
  return space
}

/** Finds room for the names of the city's parts, the greater before the smaller; the space is as it is taken then. */
export function settlePlaceLabels(
  pen: Pen,
  scene: Scene,
  crowd: Crowd,
): { placed: readonly PlaceLabel[]; space: LabelSpace } {
  const { width, height } = scene.projection.size
  const space = createLabelSpace({ width, height, blocked: scene.seams })
  const writer: Writer = { pen, scene, placed: [], space, marks: markSpace(scene, crowd) }
  for (const area of scene.site.kecamatan) {
    const at = labelPoint(area)
    if (at !== undefined) settle(writer, property(area, 'name').toLocaleUpperCase('id'), at, 700)
  }
  for (const river of scene.site.rivers)
    riverPoints(river).some((at) => settle(writer, property(river, 'name'), at, 400))
  for (const area of scene.site.kelurahan) {
    const at = labelPoint(area)
    if (at !== undefined) settle(writer, property(area, 'name'), at, 400)
  }
  return writer
}

/** Names that no device's label stands on. */
export const placesInSight = (labels: readonly PlaceLabel[], covered: readonly Rect[]): PlaceLabel[] =>
  labels.filter(({ rect }) => !covered.some((one) => overlap(one, rect)))

/** Draws those names that no device's label stands on. */
export function drawPlaceLabels(pen: Pen, scene: Scene, labels: readonly PlaceLabel[], covered: readonly Rect[]): void {
  const { width, height } = scene.projection.size
  pen.clearRect(0, 0, width, height)
  pen.textBaseline = 'middle'
  pen.textAlign = 'center'
  pen.lineJoin = 'round'
  pen.lineWidth = mapFontPx(scene.u) * 0.2
  pen.strokeStyle = scene.palette.land
  pen.fillStyle = scene.palette.textFaint
  for (const { text, rect, weight } of placesInSight(labels, covered)) {
    pen.font = mapFont(scene.u, weight)
    const x = rect.x + rect.width / 2
    const y = rect.y + rect.height / 2
    pen.strokeText(text, x, y)
    pen.fillText(text, x, y)
  }
}
