import { abilities } from '../../contract/abilities.ts'
import type { ServerToWall, WallToServer } from '../../contract/live.ts'
import type { Role } from '../../contract/roles.ts'

interface WallEvent {
  from: 'server' | 'client'
  access: readonly Role[]
}

type EventName = keyof ServerToWall | keyof WallToServer

/** Every event of the namespace and whose it is: one without a row does not compile, one that is not named is not heard. */
export const wallEvents = {
  snapshot: { from: 'server', access: abilities.view },
  delta: { from: 'server', access: abilities.view },
  pipeline: { from: 'server', access: abilities.view },
  heartbeat: { from: 'server', access: abilities.view },
  displays: { from: 'server', access: abilities.view },
  walls: { from: 'server', access: abilities.view },
  commands: { from: 'server', access: abilities.console },
  resync: { from: 'client', access: abilities.view },
  watch: { from: 'client', access: abilities.view },
  report: { from: 'client', access: abilities.ownDisplay },
} as const satisfies Record<EventName, WallEvent>

/** Roles that get anything at all. */
export const wallRoles: readonly Role[] = [...new Set(Object.values(wallEvents).flatMap(({ access }) => access))]

export function mayUse(event: EventName, role: Role): boolean {
  const { access }: WallEvent = wallEvents[event]
  return access.includes(role)
}
