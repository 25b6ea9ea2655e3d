import type { Wall } from '../../../contract/http/walls.ts'
import type { Rect } from '../../map/labels.ts'
import { parseView } from './display-geometry.ts'

/** The wall that a page is a part of, and which part. */
export interface OwnWall {
  wall: Wall
  /** All of it when absent. */
  view: Rect | undefined
}

/**
 * `?wall=` names the wall and `?view=` the part. A display that is a tile of a wall needs neither: one address serves
 * every tile.
 */
export function ownWall(walls: readonly Wall[], search: URLSearchParams, display: string | null): OwnWall | undefined {
  const named = search.get('wall')
  const tileOf = (wall: Wall) => wall.settings.tiles.find(({ screen }) => screen === display)
  const wall = walls.find((one) => (named === null ? tileOf(one) !== undefined : one.id === named))
  if (wall === undefined) return undefined
  const [x, y, width, height] = tileOf(wall)?.view ?? []
  const tile = x === undefined || y === undefined || width === undefined || height === undefined
  return { wall, view: parseView(search.get('view')) ?? (tile ? undefined : { x, y, width, height }) }
}
