import { useCallback, useEffect, useState } from 'react'
import type { Bounds } from '../../map/projection.ts'
import { closeUp } from './map-bounds.ts'

/** A map that nobody looks at closely any more shows the whole city again, ms. */
const returnAfterMs = 120_000

/** The part of the city that somebody looks at closely, for a while. */
export function useCloseUp(): {
  bounds: Bounds | undefined
  show: (bounds: Bounds) => void
  leave: () => void
} {
  const [bounds, setBounds] = useState<Bounds>()
  useEffect(() => {
    if (bounds === undefined) return
    const timer = setTimeout(() => setBounds(undefined), returnAfterMs)
    return () => clearTimeout(timer)
  }, [bounds])
  return {
    bounds,
    show: useCallback((next: Bounds) => setBounds(closeUp(next)), []),
    leave: useCallback(() => setBounds(undefined), []),
  }
}
