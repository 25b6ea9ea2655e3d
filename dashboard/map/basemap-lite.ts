import { type Feature, type GeoPosition, linesOf, property } from '../../domain/geo/geojson.ts'
import { routeLines } from '../../domain/transit/routes.ts'
import type { LoadedSite } from '../core/city/site.ts'
import type { Palette } from './palette.ts'
import type { Projection } from './projection.ts'

type Pen = CanvasRenderingContext2D

function trace(pen: Pen, projection: Projection, line: readonly GeoPosition[]): void {
  for (const [i, [lon = 0, lat = 0]] of line.entries()) {
    if (i === 0) pen.moveTo(projection.x(lon), projection.y(lat))
    else pen.lineTo(projection.x(lon), projection.y(lat))
  }
}

function path(pen: Pen, projection: Projection, features: readonly Feature[]): void {
  pen.beginPath()
  for (const { geometry } of features) for (const line of linesOf(geometry)) trace(pen, projection, line)
}

/** Widths of lines, in units of the page's scale `u`. */
export const widths = {
  edge: 0.06,
  district: 0.035,
  kelurahan: 0.02,
  river: 0.17,
  motorway: 0.09,
  arterial: 0.07,
  street: 0.04,
  route: 0.11,
}

/** Draws the city's map on a plain canvas, once: for browsers without WebGL2, and until the map library is there. */
export function drawLiteBasemap(
  pen: Pen,
  options: { site: LoadedSite; routes?: boolean; palette: Palette; projection: Projection; u: number },
): void {
  const { site, palette, projection, u } = options
  const stroke = (features: readonly Feature[], colour: string, width: number) => {
    path(pen, projection, features)
    pen.strokeStyle = colour
    pen.lineWidth = Math.max(0.75, width * u)
    pen.stroke()
  }
  const streets = (kind: string) => site.streets.filter((street) => property(street, 'class') === kind)
  pen.lineJoin = 'round'
  pen.lineCap = 'round'
  pen.fillStyle = palette.ground
  pen.fillRect(0, 0, projection.size.width, projection.size.height)
  path(pen, projection, site.outline)
  pen.fillStyle = palette.land
  pen.fill()
  stroke(site.kelurahan, palette.district, widths.kelurahan)
  stroke(streets('local'), palette.lane, widths.street)
  stroke(streets('collector'), palette.lane, widths.street)
  stroke(site.rivers, palette.river, widths.river)
  stroke(streets('arterial'), palette.street, widths.arterial)
  stroke(streets('motorway'), palette.motorway, widths.motorway)
  if (options.routes === true) stroke(routeLines(site.routes), palette.route, widths.route)
  stroke(site.kecamatan, palette.landEdge, widths.district)
  stroke(site.outline, palette.landEdge, widths.edge)
}

/** Without any map data: a grid of kilometres, so that places keep their meaning. */
export function drawGrid(pen: Pen, options: { palette: Palette; projection: Projection }): void {
  const { palette, projection } = options
  const { width, height } = projection.size
  const step = 1000 / projection.metresPerPixel
  pen.fillStyle = palette.ground
  pen.fillRect(0, 0, width, height)
  pen.strokeStyle = palette.district
  pen.lineWidth = 1
  pen.beginPath()
  for (let x = (width / 2) % step; x < width; x += step) {
    pen.moveTo(x, 0)
    pen.lineTo(x, height)
  }
  for (let y = (height / 2) % step; y < height; y += step) {
    pen.moveTo(0, y)
    pen.lineTo(width, y)
  }
  pen.stroke()
}
