import type { CityView, SeenDevice } from '../core/city/city.ts'
import type { LoadedSite } from '../core/city/site.ts'
import type { Rect } from './labels.ts'
import type { Palette } from './palette.ts'
import type { Projection } from './projection.ts'

/** Everything that one drawing of the map depends on. */
export interface Scene {
  site: LoadedSite
  /** The ways of the buses are drawn too. */
  routes: boolean
  palette: Palette
  projection: Projection
  /** The page's scale: cap height of primary text, px. */
  u: number
  /** Seams between panels, px of this map. */
  seams: readonly Rect[]
  city: CityView
  /** What stands beside a device's mark: the first of these that finds a place. */
  label: (device: SeenDevice) => readonly string[]
  /** The device or cluster that somebody looks at. */
  focusedId: string | undefined
}

/** Half a mark's height, px. */
export function markRadius(u: number): number {
  return Math.max(5, u * 0.3)
}

/** Text on the map: at least 0.7 u high, which is 16 arc minutes from the farthest seat. */
export function mapFontPx(u: number): number {
  return Math.max(11, (0.7 * u) / 0.727)
}

export function mapFont(u: number, weight = 400): string {
  return `${weight} ${mapFontPx(u).toFixed(1)}px "Noto Sans", sans-serif`
}
