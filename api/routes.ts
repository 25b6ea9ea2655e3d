import type { Registry } from '../storage/registry/registry.ts'
import { type AuditRouteParts, auditRoutes } from './audit/routes.ts'
import { type CommandRouteParts, commandRoutes } from './commands/routes.ts'
import { type DeviceRouteParts, deviceRoutes } from './devices/routes.ts'
import { type StateRouteParts, stateRoutes } from './devices/state-routes.ts'
import { type DisplayRouteParts, displayRoutes } from './displays/routes.ts'
import type { Route } from './http/route.ts'
import { maintenanceRoutes } from './maintenance/routes.ts'
import { ownSessionRoutes } from './people/own-session-routes.ts'
import { type SecondFactorRouteParts, secondFactorRoutes } from './people/second-factor-routes.ts'
import { type SessionRouteParts, sessionRoutes } from './people/session-routes.ts'
import { tokenRoutes } from './people/token-routes.ts'
import { type PipelineRouteParts, pipelineRoutes } from './pipeline/routes.ts'
import { type ManualRouteParts, manualRoutes } from './readings/manual-routes.ts'
import { type ReadingRouteParts, readingRoutes } from './readings/routes.ts'
import { siteLayerRoutes } from './site/layer-routes.ts'
import { type DeviceHistoryRouteParts, deviceHistoryRoutes } from './states/routes.ts'
import { wallRoutes } from './walls/routes.ts'

export type ApiRouteParts = DeviceRouteParts &
  SessionRouteParts &
  SecondFactorRouteParts &
  ReadingRouteParts &
  Omit<ManualRouteParts, 'audit'> &
  Omit<PipelineRouteParts, 'audit'> &
  Omit<AuditRouteParts, 'audit'> &
  StateRouteParts &
  CommandRouteParts &
  DeviceHistoryRouteParts &
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
    ...commandRoutes(parts),
    ...stateRoutes(parts),
    ...readingRoutes(parts),
    ...manualRoutes({ ...parts, audit: parts.registry.audit }),
    ...deviceHistoryRoutes(parts),
    ...pipelineRoutes({ ...parts, audit: parts.registry.audit }),
    ...auditRoutes({ ...parts, audit: parts.registry.audit }),
    ...siteLayerRoutes(parts),
  ]
}
