import { type CSSProperties, createContext, useContext } from 'react'
import type { PanelPlace } from '../core/wall/panel-layout.ts'

/** Where a panel stands in the picture of a wall of several monitors; `undefined` where style sheets place it. */
const PlacesContext = createContext<readonly PanelPlace[] | undefined>(undefined)
export const PlacesProvider = PlacesContext.Provider

export const usePlaces = (): readonly PanelPlace[] | undefined => useContext(PlacesContext)

/** A place for an element's `style`; what hangs on the scale is worked out anew with its own. */
export function placeStyle(place: PanelPlace | undefined): CSSProperties | undefined {
  if (place === undefined) return undefined
  const { x, y, width, height, u } = place
  return { position: 'absolute', left: x, top: y, width, height, ['--u' as string]: `${u}px` }
}
