import { useEffect, useMemo, useState } from 'react'
import { useSearch } from 'wouter'
import type { Wall } from '../../contract/http/walls.ts'
import { describedGlass, type Glass, guessedGlass } from '../core/wall/display-geometry.ts'
import { type OwnWall, ownWall } from '../core/wall/own-wall.ts'
import { useCore, useObservable } from '../ui/core-context.tsx'

const windowSize = () => ({ width: innerWidth, height: innerHeight })

function useWindowSize(): { width: number; height: number } {
  const [size, setSize] = useState(windowSize)
  useEffect(() => {
    const resized = () => setSize(windowSize())
    addEventListener('resize', resized)
    return () => removeEventListener('resize', resized)
  }, [])
  return size
}

/** The wall that this page is a part of, as far as one is described. */
export function useOwnWall(): OwnWall | undefined {
  const core = useCore()
  const walls = useObservable(core.walls)
  const session = useObservable(core.session)
  const search = useSearch()
  const display = session.phase === 'in' ? session.session.display : null
  return useMemo(() => ownWall(walls ?? [], new URLSearchParams(search), display), [walls, search, display])
}

/** The name of the wall in the address, when the city knows no such wall. */
export function useUnknownWall(): string | null {
  const walls = useObservable(useCore().walls)
  const named = new URLSearchParams(useSearch()).get('wall')
  return walls === null || walls.some(({ id }) => id === named) ? null : named
}

function glassOf(own: OwnWall | undefined, size: { width: number; height: number }, search: string): Glass {
  if (own === undefined) return guessedGlass(size, new URLSearchParams(search))
  const { bezelMm, farthestViewerM, ...glazing } = own.wall.settings
  return describedGlass({ glazing, bezelMm, farthestViewerM }, own.view)
}

/** Takes language and palette of the wall once they are known, and again when they are changed. */
function useLooksOf(wall: Wall | undefined): void {
  const { preferences } = useCore()
  const { lang, theme } = wall?.settings ?? {}
  useEffect(() => {
    if (lang !== undefined && theme !== undefined) preferences.suggest({ language: lang, theme })
  }, [preferences, lang, theme])
}

/** The glass that the page is drawn on; its scale is where style sheets find it. */
export function useGlass(): Glass {
  const own = useOwnWall()
  const size = useWindowSize()
  const search = useSearch()
  const glass = useMemo(() => glassOf(own, size, search), [own, size, search])
  useLooksOf(own?.wall)
  useEffect(() => {
    const { style } = document.documentElement
    style.setProperty('--u', `${glass.u}px`)
    style.setProperty('--seam', glass.panes.length > 1 ? `${glass.seamPx}px` : '0px')
    return () => {
      style.removeProperty('--u')
      style.removeProperty('--seam')
    }
  }, [glass])
  return glass
}
