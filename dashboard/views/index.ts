import { type ComponentType, lazy } from 'react'
import type { ViewId } from '../../contract/http/pages.ts'
import type { ViewProps } from '../frame/panels.tsx'
import { OverviewView } from './overview/overview-view.tsx'

/** What the wall shows under one of its addresses. */
export interface View {
  Body: ComponentType<ViewProps>
  /** Its code, which comes with the view when nobody asks for it before. */
  load: () => Promise<ComponentType<ViewProps>>
}

/** Every view of the wall. Only the first one comes with the page. */
export const views: Record<ViewId, View> = {
  ikhtisar: { Body: OverviewView, load: async () => OverviewView },
  bus: later(async () => (await import('./buses/fleet-view.tsx')).FleetView),
  cctv: later(async () => (await import('./cameras/cameras-view.tsx')).CamerasView),
  banjir: later(async () => (await import('./rivers/rivers-view.tsx')).RiversView),
  sistem: later(async () => (await import('./health/health-view.tsx')).HealthView),
}

function later(load: View['load']): View {
  return { Body: lazy(async () => ({ default: await load() })), load }
}
