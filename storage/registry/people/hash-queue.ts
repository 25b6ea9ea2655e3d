import { Refusal } from '../../../contract/http/refusal.ts'
import { createRankLines, type Ranked } from './rank-lines.ts'

/** Who waits for a password to be hashed, and how much he has to wait behind others. */
export interface Turn {
  /** Whose address it is; '': nobody's, it is work of our own. */
  network: string
  /** 0 goes first; asked again before it is started, for much may have happened meanwhile. */
  rank(): number
  /** How long it has to wait from now on, ms; 0 or less: not at all. */
  delayMs(): number
  /** Aborted: nobody waits for the answer any more. */
  signal?: AbortSignal | undefined
}

/** Work that is worth a tenth of a second of a core each: what is let in, and in which order. */
export interface HashQueue {
  /** @throws Refusal `busy` when the queue is full of what comes first, or when it waited too long. */
  run<T>(turn: Turn, work: () => Promise<T>): Promise<T>
  waiting(): number
}

export interface HashQueueLimits {
  atOnce: number
  /** Waiting in all; past it the oldest of the last rank is told to come again. */
  most: number
  /** Waiting of one network. */
  maxOfNetwork: number
  longestWaitMs: number
}

const defaultLimits: HashQueueLimits = { atOnce: 2, most: 1024, maxOfNetwork: 64, longestWaitMs: 10_000 }

interface Waiting extends Ranked {
  turn: Turn
  start(): void
  refuse(): void
}

export function createHashQueue(limits: HashQueueLimits = defaultLimits): HashQueue {
  const lines = createRankLines<Waiting>()
  const ofNetwork = new Map<string, Set<Waiting>>()
  let running = 0
  let count = 0
  let looking = false

  function enter(one: Waiting): void {
    const here = ofNetwork.get(one.turn.network) ?? new Set()
    ofNetwork.set(one.turn.network, here.add(one))
    lines.add(one)
    count += 1
  }

  function leave(one: Waiting): void {
    const here = ofNetwork.get(one.turn.network)
    if (here?.delete(one) !== true) return
    count -= 1
    if (here.size === 0) ofNetwork.delete(one.turn.network)
    lines.remove(one)
  }

  function startNext(): void {
    while (running < limits.atOnce) {
      const one = lines.takeNext()
      if (one === undefined) break
      leave(one)
      running += 1
      one.start()
    }
    if (lines.hasDelayed() && !looking) setTimeout(startDelayed, lookEveryMs).unref()
    looking = lines.hasDelayed()
  }

  function startDelayed(): void {
    looking = false
    lines.wakeDelayed()
    startNext()
  }

  /** Whom to send away so that another may wait: the oldest of the last rank. */
  function lastOf(some: Iterable<Waiting>): Waiting | undefined {
    let last: Waiting | undefined
    for (const one of some) if (last === undefined || one.rank > last.rank) last = one
    return last
  }

  function makeRoom(newest: Waiting): void {
    const { network } = newest.turn
    const here = ofNetwork.get(network) ?? []
    if (network !== '' && [...here].length > limits.maxOfNetwork) lastOf(here)?.refuse()
    else if (count > limits.most) lines.last()?.refuse()
  }

  async function turnOf(turn: Turn): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const refuse = () => {
      leave(one)
      reject(new Refusal('busy', undefined, { retryAfterS: 1 }))
    }
    const one: Waiting = { turn, rank: turn.rank(), start: resolve, refuse }
    const timer = setTimeout(refuse, limits.longestWaitMs).unref()
    turn.signal?.addEventListener('abort', refuse)
    enter(one)
    makeRoom(one)
    startNext()
    await promise.finally(() => {
      clearTimeout(timer)
      turn.signal?.removeEventListener('abort', refuse)
    })
  }

  return {
    async run(turn, work) {
      await turnOf(turn)
      try {
        return await work()
      } finally {
        running -= 1
        startNext()
      }
    },
    waiting: () => count,
  }
}

/** How late a delayed one may begin. */
const lookEveryMs = 100
