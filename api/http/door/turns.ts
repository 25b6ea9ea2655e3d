/** Work of one address after that of another, so that whoever asks for much waits behind himself. */
export interface Turns {
  /** Starts the work when its turn comes; `done` says that it has ended. Past its patience `tooLate` is called instead. */
  enqueue(address: string, work: Work): void
  /**
   * Somebody is at the door. libuv accepts one connection in each turn of the event loop: while they come, turns are kept
   * short, or those behind would wait for all the work before them.
   */
  knocked(): void
  /** Gives up what has waited too long; call it each second. */
  expire(): void
}

export interface Work {
  start(done: () => void): void
  tooLate(): void
}

/** Answers of one address that may be in the making. */
const maxAtOnce = 64
/** After so long the event loop sees to sockets and timers before more is started. */
const budgetMs = 10
/** Things that may be started in one turn of the event loop, if they are small. */
const maxInTurn = 16
const patienceMs = 10_000

interface Place {
  waiting: { work: Work; sinceMs: number }[]
  running: number
}

/** What waits is bounded by connections: each has one request that runs, or waits here. */
export function createTurns(now: () => number = () => performance.now()): Turns {
  const places = new Map<string, Place>()
  /** Addresses of which something can be started, in turn. */
  const ready = new Set<string>()
  let planned = 0
  let untilMs = 0
  let isKnocking = false

  /**
   * Each in a callback of its own: only behind that, before the next, runs what it does without waiting for anything
   * outside, as the work on an answer out of memory, and so it counts.
   */
  function plan(): void {
    if (planned > 0 || ready.size === 0) return
    planned = maxInTurn
    setImmediate(startInTurn)
    for (let n = 1; n < maxInTurn; n += 1) setImmediate(startIfTime)
  }

  function startInTurn(): void {
    untilMs = now() + (isKnocking ? 0 : budgetMs)
    isKnocking = false
    planned -= 1
    startFirst()
    plan()
  }

  function startIfTime(): void {
    planned -= 1
    if (now() < untilMs) startFirst()
    plan()
  }

  /** In its place of the rotation: last, if it has more. */
  function place(address: string, { waiting, running }: Place): void {
    ready.delete(address)
    if (waiting.length > 0 && running < maxAtOnce) ready.add(address)
    else if (waiting.length === 0 && running === 0) places.delete(address)
  }

  function startNext(address: string): void {
    const here = places.get(address)
    const next = here?.waiting.shift()
    if (here === undefined || next === undefined) return void ready.delete(address)
    here.running += 1
    place(address, here)
    let ended = false
    next.work.start(() => {
      if (ended) return
      ended = true
      here.running -= 1
      place(address, here)
      plan()
    })
  }

  function startFirst(): void {
    const [address] = ready
    if (address !== undefined) startNext(address)
  }

  return {
    enqueue(address, work) {
      const here = places.get(address) ?? { waiting: [], running: 0 }
      places.set(address, here)
      here.waiting.push({ work, sinceMs: now() })
      if (here.running < maxAtOnce) ready.add(address)
      plan()
    },
    knocked() {
      isKnocking = true
    },
    expire() {
      const latestMs = now() - patienceMs
      for (const [address, here] of places) {
        while (here.waiting[0] !== undefined && here.waiting[0].sinceMs < latestMs) here.waiting.shift()?.work.tooLate()
        place(address, here)
      }
    },
  }
}
