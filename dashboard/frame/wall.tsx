import { type CSSProperties, Suspense, useMemo } from 'react'
import type { ViewId } from '../../contract/http/pages.ts'
import { orbitAt } from '../core/kiosk/pixel-shift.ts'
import type { Glass } from '../core/wall/display-geometry.ts'
import { playlistOf } from '../core/wall/playlist.ts'
import { useCity, useCore, useObservable } from '../ui/core-context.tsx'
import { FocusPanel } from '../ui/focus-panel.tsx'
import { PanelBoundary } from '../ui/panel.tsx'
import { SimulationMark, TrustBand } from '../ui/trust/trust.tsx'
import { views } from '../views/index.ts'
import { MapPanel } from '../views/map/map-panel.tsx'
import { FirstSteps } from './first-steps.tsx'
import { topPanes } from './frame.ts'
import { PanelCare } from './panel-care.tsx'
import { Panels } from './panels.tsx'
import { SiagaLine } from './siaga-line.tsx'
import { TopLine, ViewNav } from './top-line.tsx'
import { useGlass, useOwnWall } from './use-glass.ts'
import { usePlaylist } from './use-playlist.ts'

const preloadAfterMs = 3000

/** Fetches the code of all views early: once the server is away, nothing can be loaded any more. */
export function preloadViews(): void {
  setTimeout(() => {
    for (const { load } of Object.values(views)) load().catch(() => undefined)
  }, preloadAfterMs)
}

/** A display shows for weeks: nothing of it may stay on one row of its panel. */
function usePixelShift(): { x: number; y: number } {
  const core = useCore()
  const session = useObservable(core.session)
  const wanted = new URLSearchParams(location.search).has('orbit')
  if (!wanted && (session.phase !== 'in' || session.session.display === null)) return { x: 0, y: 0 }
  return orbitAt(core.clock.nowMs())
}

/** The whole picture, moved and scaled so that its part for this page fills the window. */
function pictureStyle(glass: Glass, orbit: { x: number; y: number }): CSSProperties {
  const { width, height, view, layout } = glass
  const transform = `translate(${orbit.x}px, ${orbit.y}px)`
  if (layout === 'phone') return orbit.x === 0 && orbit.y === 0 ? {} : { transform }
  const scale = Math.min(innerWidth / view.width, innerHeight / view.height)
  const part =
    scale === 1 && view.x === 0 && view.y === 0 ? '' : ` scale(${scale}) translate(${-view.x}px, ${-view.y}px)`
  return { width, height, transformOrigin: '0 0', transform: transform + part }
}

/** What floats over the panels of several monitors stands on the last of the upper ones. */
function sideStyle(glass: Glass): CSSProperties {
  const pane = topPanes(glass).at(-1)
  if (glass.layout !== 'tiled' || pane === undefined) return {}
  const sides = { left: pane.x, width: pane.width, top: pane.y, bottom: glass.height - pane.y - pane.height }
  return Object.fromEntries(Object.entries(sides).map(([side, px]) => [`--side-${side}`, `${px}px`]))
}

const mapAndSteps = ['peta', 'langkah']
const emptyOn = { single: mapAndSteps, desk: mapAndSteps, focus: mapAndSteps, phone: mapAndSteps }
const emptyTiled = [
  { name: 'peta', likes: 2, most: 32, spreads: true },
  { name: 'langkah', likes: 1, most: 1 },
]

/** Nothing is registered yet: the map, and what to do. */
function EmptyCity({ glass }: { glass: Glass }) {
  const of = { peta: <MapPanel key="peta" glass={glass} />, langkah: <FirstSteps key="langkah" /> }
  return <Panels glass={glass} only={undefined} of={of} shown={emptyOn} tiled={emptyTiled} />
}

/** A view of the wall, or one panel of it alone. A playlist makes the views follow one another. */
export function WallView({ view: asked, only }: { view: ViewId; only?: string | undefined }) {
  const city = useCity()
  const glass = useGlass()
  const orbit = usePixelShift()
  const own = useOwnWall()?.wall.settings.playlist
  const { showing, paused } = usePlaylist(useMemo(() => playlistOf(own ?? []), [own]))
  const view = only === undefined ? (showing?.slide.view ?? asked) : asked
  const empty = view === 'ikhtisar' && only === undefined && city.presence === 'present' && city.devices.length === 0
  const { Body } = views[view]
  const seated = only === undefined && (glass.layout === 'desk' || glass.layout === 'phone')
  const style = { ...pictureStyle(glass, orbit), ...sideStyle(glass) }
  return (
    <div className="wall" style={style} data-layout={glass.layout} data-view={view} data-alone={only}>
      <TopLine glass={glass} view={view} showing={only === undefined ? showing : undefined} paused={paused} />
      {seated && <ViewNav view={view} />}
      <main className="wall-body content">
        {empty ? (
          <EmptyCity glass={glass} />
        ) : (
          <Suspense fallback={null}>
            <Body key={view} glass={glass} only={only} />
          </Suspense>
        )}
      </main>
      <SiagaLine glass={glass} />
      <PanelBoundary name="focus">
        <FocusPanel />
      </PanelBoundary>
      <PanelCare glass={glass} />
      <TrustBand glass={glass} />
      <SimulationMark />
    </div>
  )
}
