import type { ServerToWall, WallToServer } from '../../contract/live.ts'
import type { Role } from '../../contract/roles.ts'
import { viewers } from '../http/access.ts'

interface WallEvent {
  from: 'server' | 'screen'
  access: readonly Role[]
}

type EventName = keyof ServerToWall | keyof WallToServer

/** Every event of the namespace and whose it is: one without a row does not compile, one that is not named is not heard. */
export const wallEvents = {
  snapshot: { from: 'server', access: viewers },
  delta: { from: 'server', access: viewers },
  pipeline: { from: 'server', access: viewers },
  heartbeat: { from: 'server', access: viewers },
  displays: { from: 'server', access: viewers },
  walls: { from: 'server', access: viewers },
  resync: { from: 'screen', access: viewers },
  watch: { from: 'screen', access: viewers },
  report: { from: 'screen', access: ['wall'] },
} as const satisfies Record<EventName, WallEvent>

/** Roles that get anything at all. */
export const wallRoles: readonly Role[] = [...new Set(Object.values(wallEvents).flatMap(({ access }) => access))]

export function mayUse(event: EventName, role: Role): boolean {
  const { access }: WallEvent = wallEvents[event]
  return access.includes(role)
}
