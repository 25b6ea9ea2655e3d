import { type ComponentType, lazy, Suspense } from 'react'
import { orbitAt } from '../../core/orbit.ts'
import type { ScreenId } from '../../core/screens.ts'
import { useCity, useCore, useObservable } from '../../ui/core-context.tsx'
import { FocusPanel } from '../../ui/focus-panel.tsx'
import { SimulationMark, TrustBand } from '../../ui/trust.tsx'
import { FirstSteps } from './first-steps.tsx'
import { MapPanel } from './map/map-panel.tsx'
import { OverviewScreen } from './overview/overview-screen.tsx'
import type { ScreenProps } from './panels.tsx'
import { ScreenNav, TopLine } from './top-line.tsx'
import { useGlass } from './use-glass.ts'
import { usePlaylist } from './use-playlist.ts'

const load = {
  bus: () => import('./fleet/fleet-screen.tsx'),
  cctv: () => import('./cameras/cameras-screen.tsx'),
  banjir: () => import('./rivers/rivers-screen.tsx'),
  sistem: () => import('./health/health-screen.tsx'),
}

const bodies: Record<ScreenId, ComponentType<ScreenProps>> = {
  ikhtisar: OverviewScreen,
  bus: lazy(async () => ({ default: (await load.bus()).FleetScreen })),
  cctv: lazy(async () => ({ default: (await load.cctv()).CamerasScreen })),
  banjir: lazy(async () => ({ default: (await load.banjir()).RiversScreen })),
  sistem: lazy(async () => ({ default: (await load.sistem()).HealthScreen })),
}

const preloadAfterMs = 3000

/** Fetches the code of all screens early: once the server is away, nothing can be loaded any more. */
export function preloadScreens(): void {
  setTimeout(() => {
    for (const one of Object.values(load)) one().catch(() => undefined)
  }, preloadAfterMs)
}

/** A paired screen shows for weeks: nothing of it may stay on one row of the panel. */
function useOrbit(): React.CSSProperties {
  const core = useCore()
  const session = useObservable(core.session)
  const wanted = new URLSearchParams(location.search).has('orbit')
  if (!wanted && (session.phase !== 'in' || session.session.display === null)) return {}
  const { x, y } = orbitAt(core.clock.nowMs())
  return { transform: `translate(${x}px, ${y}px)` }
}

/** A screen of the wall, or one panel of it alone. With `?rot=` the screens follow one another. */
export function Wall({ screen: asked, only }: { screen: ScreenId; only?: string | undefined }) {
  const city = useCity()
  const glass = useGlass()
  const orbit = useOrbit()
  const { showing, paused } = usePlaylist()
  const screen = only === undefined ? (showing?.slide.screen ?? asked) : asked
  const empty = screen === 'ikhtisar' && city.ready && city.devices.length === 0
  const Body = bodies[screen]
  const seated = only === undefined && (glass.layout === 'desk' || glass.layout === 'phone')
  return (
    <div className="wall" style={orbit} data-layout={glass.layout} data-screen={screen} data-alone={only}>
      <TopLine screen={screen} showing={only === undefined ? showing : undefined} paused={paused} />
      {seated && <ScreenNav screen={screen} />}
      <main className="wall-body content">
        {empty ? (
          <>
            <MapPanel glass={glass} />
            <FirstSteps />
          </>
        ) : (
          <Suspense fallback={null}>
            <Body key={screen} glass={glass} only={only} />
          </Suspense>
        )}
      </main>
      <FocusPanel />
      <TrustBand columns={glass.cols} />
      <SimulationMark />
    </div>
  )
}
