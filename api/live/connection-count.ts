import type { Actor } from '../../contract/http/audit.ts'

/** Live connections of each somebody: two for every monitor of the largest wall would be less. */
export interface ConnectionCount {
  /** False: there are as many as there may be, and this one is not counted. */
  enter(actor: Actor): boolean
  leave(actor: Actor): void
}

/** Of one person, token or display. Each has a room of its own and that of its role, so this bounds the rooms too. */
export const maxOfActor = 2000

export function createConnectionCount(most = maxOfActor): ConnectionCount {
  const counts = new Map<Actor, number>()
  return {
    enter(actor) {
      const before = counts.get(actor) ?? 0
      if (before >= most) return false
      counts.set(actor, before + 1)
      return true
    },
    leave(actor) {
      const left = (counts.get(actor) ?? 1) - 1
      if (left > 0) counts.set(actor, left)
      else counts.delete(actor)
    },
  }
}
