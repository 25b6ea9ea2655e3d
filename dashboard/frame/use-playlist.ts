import { useEffect, useMemo, useState } from 'react'
import { useSearch } from 'wouter'
import { parsePlaylist, type Showing, type Slide, showingAt } from '../core/wall/playlist.ts'
import { useCity, useCore } from '../ui/core-context.tsx'
import { isForSomebodyElse } from '../ui/keys.ts'

/** The slide of `?rot=`, or else of the wall's `own` list, that is shown now; it stands still while somebody has pressed the space bar. */
export function usePlaylist(own: readonly Slide[]): { showing: Showing | undefined; paused: boolean } {
  const core = useCore()
  const rot = new URLSearchParams(useSearch()).get('rot')
  const slides = useMemo(() => (rot === null ? own : parsePlaylist(rot)), [rot, own])
  const [heldAtMs, setHeldAtMs] = useState<number | null>(null)
  // Renewed at the beginning of each second of the server.
  useCity()
  useEffect(() => {
    if (slides.length === 0) return
    const onKey = (event: KeyboardEvent) => {
      const onControl = event.target instanceof HTMLElement && event.target.closest('button, a') !== null
      if (event.key !== ' ' || onControl || isForSomebodyElse(event)) return
      event.preventDefault()
      setHeldAtMs((held) => (held === null ? core.clock.nowMs() : null))
    }
    addEventListener('keydown', onKey)
    return () => removeEventListener('keydown', onKey)
  }, [core, slides])
  return { showing: showingAt(slides, heldAtMs ?? core.clock.nowMs()), paused: heldAtMs !== null }
}
