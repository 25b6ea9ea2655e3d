import { type ComponentType, lazy } from 'react'
import type { ScreenId } from '../../contract/http/pages.ts'
import type { ScreenProps } from '../frame/panels.tsx'
import { OverviewScreen } from './overview/overview-screen.tsx'

/** What the wall shows under one of its addresses. */
export interface View {
  Body: ComponentType<ScreenProps>
  /** Its code, which comes with the view when nobody asks for it before. */
  load: () => Promise<ComponentType<ScreenProps>>
}

/** Every view of the wall. Only the first one comes with the page. */
export const views: Record<ScreenId, View> = {
  ikhtisar: { Body: OverviewScreen, load: async () => OverviewScreen },
  bus: later(async () => (await import('./buses/fleet-screen.tsx')).FleetScreen),
  cctv: later(async () => (await import('./cameras/cameras-screen.tsx')).CamerasScreen),
  banjir: later(async () => (await import('./rivers/rivers-screen.tsx')).RiversScreen),
  sistem: later(async () => (await import('./health/health-screen.tsx')).HealthScreen),
}

function later(load: View['load']): View {
  return { Body: lazy(async () => ({ default: await load() })), load }
}
