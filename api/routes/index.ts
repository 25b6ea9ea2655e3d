import type { Route } from '../http/route.ts'
import type { Registry } from '../registry/registry.ts'
import { type DeviceRouteParts, deviceRoutes } from './devices.ts'
import { type PipelineRouteParts, pipelineRoutes } from './pipeline.ts'
import { type ReadingRouteParts, readingRoutes } from './readings.ts'
import { type SessionRouteParts, sessionRoutes } from './session.ts'
import { siteLayerRoutes } from './site-layers.ts'
import { type StateRouteParts, stateRoutes } from './state.ts'

export type ApiRouteParts = Omit<DeviceRouteParts, 'devices'> &
  SessionRouteParts &
  ReadingRouteParts &
  PipelineRouteParts &
  StateRouteParts & { siteDir: string; registry: Registry }

/** Every route beneath `/api/v1`. The server, OpenAPI and the role test all walk through this list. */
export function apiRoutes(parts: ApiRouteParts): Route[] {
  return [
    ...sessionRoutes(parts),
    ...deviceRoutes({ ...parts, devices: parts.registry.devices }),
    ...stateRoutes(parts),
    ...readingRoutes(parts),
    ...pipelineRoutes(parts),
    ...siteLayerRoutes(parts),
  ]
}
