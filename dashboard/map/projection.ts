import type { Place } from '../../domain/geo/geo.ts'

/** [west, south, east, north] in degrees. */
export type Bounds = readonly [number, number, number, number]

export interface Size {
  width: number
  height: number
}

/** A still view of the city in web Mercator: one for base map, objects and movers, so that they cannot part. */
export interface Projection {
  size: Size
  /** Places a map library can be given. */
  centre: Place
  zoom: number
  /** Metres on the ground to a CSS pixel, at the centre. */
  metresPerPixel: number
  /** CSS pixels from the top left corner. */
  x(lon: number): number
  y(lat: number): number
}

/** Web Mercator as MapLibre numbers it: the world is 512 px wide at zoom 0. */
const worldPx = 512
const earthCircumferenceM = 40_075_016.686

const mercatorX = (lon: number): number => (lon + 180) / 360
const mercatorY = (lat: number): number => {
  const radians = (lat * Math.PI) / 180
  return (1 - Math.log(Math.tan(radians) + 1 / Math.cos(radians)) / Math.PI) / 2
}
const latitudeOf = (y: number): number => (Math.atan(Math.sinh(Math.PI * (1 - 2 * y))) * 180) / Math.PI

/** Fits bounds into a canvas with a margin on each side. */
export function fitProjection(bounds: Bounds, size: Size, margin: Size): Projection {
  const [west, south, east, north] = bounds
  const left = mercatorX(west)
  const right = mercatorX(east)
  const top = mercatorY(north)
  const bottom = mercatorY(south)
  const scale = Math.max(
    1,
    Math.min((size.width - 2 * margin.width) / (right - left), (size.height - 2 * margin.height) / (bottom - top)),
  )
  const centreX = (left + right) / 2
  const centreY = (top + bottom) / 2
  const lat = latitudeOf(centreY)
  return {
    size,
    centre: { lat, lon: centreX * 360 - 180 },
    zoom: Math.log2(scale / worldPx),
    metresPerPixel: (earthCircumferenceM * Math.cos((lat * Math.PI) / 180)) / scale,
    x: (lon) => (mercatorX(lon) - centreX) * scale + size.width / 2,
    y: (latitude) => (mercatorY(latitude) - centreY) * scale + size.height / 2,
  }
}
