import type { OwnTurn } from '../../storage/own-turn.ts'

/** Does the work for one after the other, soon; others have their turn in between. Resolves when it is done for all. */
export type InSlices = <T>(items: Iterable<T>, work: (item: T) => void) => Promise<void>

/** In one turn of the event loop, of all that is under way here. */
const sliceMs = 6

/**
 * For what is done for each of many: two thousand clients, every device. Each slice, the first too, waits for a turn of
 * its own, so that what several timers begin at once never adds up to one long hold.
 *
 * @param turn one for all whose work may come together
 */
export function createSlices(turn: OwnTurn, now: () => number = () => performance.now()): InSlices {
  return async (items, work) => {
    await turn()
    let untilMs = now() + sliceMs
    for (const item of items) {
      if (now() >= untilMs) {
        await turn()
        untilMs = now() + sliceMs
      }
      work(item)
    }
  }
}

/** Begins the work, unless it is still under way. */
export function unlessRunning(work: () => Promise<void>): () => Promise<void> {
  let running = false
  return async () => {
    if (running) return
    running = true
    try {
      await work()
    } finally {
      running = false
    }
  }
}

/** The newest wish of each who wants something, in the order in which they came. */
export interface Wishes<Who> {
  /** It takes the place of an earlier one, unless it is to give way. */
  add(who: Who, wish: () => void, options?: { giveWay?: boolean }): void
  forget(who: Who): void
}

export function createWishes<Who>(inSlices: InSlices): Wishes<Who> {
  let wishes = new Map<Who, () => void>()
  let planned = false

  async function fulfil(): Promise<void> {
    const taken = wishes
    wishes = new Map()
    planned = false
    await inSlices(taken.values(), (wish) => wish())
  }

  return {
    add(who, wish, { giveWay = false } = {}) {
      if (!(giveWay && wishes.has(who))) wishes.set(who, wish)
      if (planned) return
      planned = true
      setImmediate(() => void fulfil())
    },
    forget(who) {
      wishes.delete(who)
    },
  }
}
