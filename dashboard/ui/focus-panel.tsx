import { lazy, Suspense } from 'react'
import { useFocus } from './focus-link.ts'

const load = () => import('../views/device/side-panel.tsx')
const SidePanel = lazy(async () => ({ default: (await load()).SidePanel }))

/** Fetches the side panel's code early: once the server is away, nothing can be loaded any more. */
export function preloadSidePanel(): void {
  setTimeout(() => void load().catch(() => undefined), preloadAfterMs)
}
const preloadAfterMs = 4000

/** What was picked on the map, in a list or by a tile. */
export function FocusPanel() {
  const focus = useFocus()
  if (focus.device === undefined && focus.group === undefined) return null
  return (
    <Suspense fallback={null}>
      <SidePanel focus={focus} />
    </Suspense>
  )
}
