import type { DeviceView } from '../contract/http/devices.ts'
import { msOf } from '../contract/time.ts'
import type { StateFacts } from './device-state.ts'

/** State facts of a device as the API tells it. `moving`: its profile's; a view names the profile only. */
export function viewFacts(view: DeviceView, moving: boolean): StateFacts {
  const { maintenance } = view
  return {
    measuredAtMs: msOf(view.measuredAt),
    receivedAtMs: msOf(view.receivedAt),
    skewMs: view.skewMs,
    expectedMs: view.expectedS * 1000,
    moving,
    link: view.link.state,
    linkSinceMs: msOf(view.link.since),
    flappingUntilMs: msOf(view.flappingUntil),
    status: view.status,
    frozen: view.frozen,
    disabled: view.disabled,
    // Out of service in the registry wins: no end of a maintenance is told for it.
    maintenance:
      view.disabled || maintenance === null
        ? null
        : { fromMs: Date.parse(maintenance.from), untilMs: Date.parse(maintenance.until) },
  }
}
