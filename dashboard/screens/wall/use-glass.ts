import { useEffect, useState } from 'react'
import { type Glass, glassOf } from './layout.ts'

/** The glass that the page is drawn on; its scale is where style sheets find it. */
export function useGlass(): Glass {
  const measure = () => glassOf({ width: innerWidth, height: innerHeight }, new URLSearchParams(location.search))
  const [glass, setGlass] = useState(measure)
  useEffect(() => {
    const resized = () => setGlass(measure())
    addEventListener('resize', resized)
    return () => removeEventListener('resize', resized)
  })
  useEffect(() => {
    document.documentElement.style.setProperty('--u', `${glass.u}px`)
    return () => void document.documentElement.style.removeProperty('--u')
  }, [glass.u])
  return glass
}
