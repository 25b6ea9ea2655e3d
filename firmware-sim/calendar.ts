/** One clock for everything that is to happen: thousands of devices, one timer. */
export interface Calendar {
  /** Calls once, at the first `advance` past this moment. */
  at: (dueMs: number, action: () => void) => void
  /** Does what is due by now, in order of its slot. */
  advance: (nowMs: number) => void
  clear: () => void
}

const slotMs = 20

/** A timer wheel without an end: actions lie in slots of 20 ms. */
export function createCalendar(startMs: number): Calendar {
  const slots = new Map<number, (() => void)[]>()
  let next = Math.floor(startMs / slotMs)
  return {
    at(dueMs, action) {
      const slot = Math.max(next, Math.ceil(dueMs / slotMs))
      const actions = slots.get(slot)
      if (actions === undefined) slots.set(slot, [action])
      else actions.push(action)
    },
    advance(nowMs) {
      const last = Math.floor(nowMs / slotMs)
      while (next <= last) {
        const actions = slots.get(next)
        slots.delete(next)
        next += 1
        for (const action of actions ?? []) action()
      }
    },
    clear: () => slots.clear(),
  }
}
