import { Refusal } from '../../../contract/http/refusal.ts'

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

interface Waiting {
  turn: Turn
  /** As it was when it was last asked. */
  rank: number
  start(): void
  refuse(): void
}

/** Ranks that are told apart. */
const ranks = 8
/**
 * Under a flood somebody new is served, not the flood of before. Were it always the newest, one who has others come right
 * behind him would never be: whoever floods sends the next as soon as one is answered. So turns go to the newest, the one
 * before him, and so on; who is among so many newest is served within two rounds of them, about half a second.
 */
const newest = 16

export function createHashQueue(limits: HashQueueLimits = defaultLimits): HashQueue {
  /** By rank, oldest first. */
  const lines = Array.from({ length: ranks }, (): Waiting[] => [])
  /** By rank: how many are passed over at the next turn. */
  const passed = lines.map(() => 0)
  /** Those whose moment has not come. */
  let delayed: Waiting[] = []
  const ofNetwork = new Map<string, Set<Waiting>>()
  let running = 0
  let count = 0
  let looking = false

  const lineOf = (rank: number): Waiting[] => lines[Math.min(rank, ranks - 1)] ?? delayed

  function enter(one: Waiting): void {
    const here = ofNetwork.get(one.turn.network) ?? new Set()
    ofNetwork.set(one.turn.network, here.add(one))
    lineOf(one.rank).push(one)
    count += 1
  }

  function leave(one: Waiting): void {
    const here = ofNetwork.get(one.turn.network)
    if (here?.delete(one) !== true) return
    count -= 1
    if (here.size === 0) ofNetwork.delete(one.turn.network)
    for (const line of [lineOf(one.rank), delayed]) {
      const index = line.indexOf(one)
      if (index >= 0) line.splice(index, 1)
    }
  }

  /** One of the newest of the first rank whose moment has come. */
  function next(): Waiting | undefined {
    for (const [rank, line] of lines.entries()) {
      const one = nextOf(line, rank)
      if (one !== undefined) return one
    }
    return undefined
  }

  /** Who is of another rank by now, or has to wait, is put where he belongs. */
  function nextOf(line: Waiting[], rank: number): Waiting | undefined {
    for (let one = takeNewest(line, rank); one !== undefined; one = takeNewest(line, rank)) {
      one.rank = Math.max(rank, one.turn.rank())
      if (one.turn.delayMs() > 0) delayed.push(one)
      else if (one.rank === rank) return turnTaken(line, rank, one)
      else lineOf(one.rank).push(one)
    }
    return undefined
  }

  function takeNewest(line: Waiting[], rank: number): Waiting | undefined {
    return line.splice(Math.max(0, line.length - 1 - (passed[rank] ?? 0)), 1)[0]
  }

  function turnTaken(line: readonly Waiting[], rank: number, one: Waiting): Waiting {
    passed[rank] = line.length === 0 ? 0 : ((passed[rank] ?? 0) + 1) % newest
    return one
  }

  function wakeDelayed(): void {
    const asleep: Waiting[] = []
    for (const one of delayed) (one.turn.delayMs() > 0 ? asleep : lineOf(one.rank)).push(one)
    delayed = asleep
  }

  function startNext(): void {
    while (running < limits.atOnce) {
      const one = next()
      if (one === undefined) break
      leave(one)
      running += 1
      one.start()
    }
    if (delayed.length > 0 && !looking) setTimeout(lookAtDelayed, lookEveryMs).unref()
    looking = delayed.length > 0
  }

  function lookAtDelayed(): void {
    looking = false
    wakeDelayed()
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
    else if (count > limits.most) (delayed[0] ?? lines.findLast((line) => line.length > 0)?.[0])?.refuse()
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
