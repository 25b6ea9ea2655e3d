import type { Registry } from '../../storage/registry/registry.ts'
import type { Route } from '../http/route.ts'
import { type AuditRouteParts, auditRoutes } from './audit.ts'
import { type DeviceRouteParts, deviceRoutes } from './devices.ts'
import { type DisplayRouteParts, displayRoutes } from './displays.ts'
import { maintenanceRoutes } from './maintenance.ts'
import { ownSessionRoutes } from './own-sessions.ts'
import { type PipelineRouteParts, pipelineRoutes } from './pipeline.ts'
import { type ReadingRouteParts, readingRoutes } from './readings.ts'
import { type SecondFactorRouteParts, secondFactorRoutes } from './second-factor.ts'
import { type SessionRouteParts, sessionRoutes } from './session.ts'
import { siteLayerRoutes } from './site-layers.ts'
import { type StateRouteParts, stateRoutes } from './state.ts'
import { tokenRoutes } from './tokens.ts'
import { wallRoutes } from './walls.ts'

export type ApiRouteParts = DeviceRouteParts &
  SessionRouteParts &
  SecondFactorRouteParts &
  ReadingRouteParts &
  Omit<PipelineRouteParts, 'audit'> &
  Omit<AuditRouteParts, 'audit'> &
  StateRouteParts &
  DisplayRouteParts & { siteDir: string; registry: Registry }

/** Every route beneath `/api/v1`. The server, OpenAPI and the role test all walk through this list. */
export function apiRoutes(parts: ApiRouteParts): Route[] {
  return [
    ...sessionRoutes(parts),
    ...ownSessionRoutes(parts),
    ...secondFactorRoutes(parts),
    ...tokenRoutes(parts),
    ...displayRoutes(parts),
    ...wallRoutes(parts),
    ...deviceRoutes(parts),
    ...maintenanceRoutes(parts),
    ...stateRoutes(parts),
    ...readingRoutes(parts),
    ...pipelineRoutes({ ...parts, audit: parts.registry.audit }),
    ...auditRoutes({ ...parts, audit: parts.registry.audit }),
    ...siteLayerRoutes(parts),
  ]
}
