/** Somebody in a line. */
export interface Ranked {
  turn: {
    /** 0 goes first. */
    rank(): number
    /** How long it has to wait from now on, ms; 0 or less: not at all. */
    delayMs(): number
  }
  /** As it was when it was last asked. */
  rank: number
}

/** Who waits, in a line for each rank; beside them those whose moment has not come. */
export interface RankLines<T extends Ranked> {
  add(one: T): void
  /** Wherever it stands. */
  remove(one: T): void
  /** One of the newest of the first rank whose moment has come. */
  takeNext(): T | undefined
  /** Whom to send away so that another may wait. */
  last(): T | undefined
  hasDelayed(): boolean
  /** Puts those whose moment has come into their lines. */
  wakeDelayed(): void
}

/** Ranks that are told apart. */
const ranks = 8
/**
 * Under a flood somebody new is served, not the flood of before. Were it always the newest, one who has others come right
 * behind him would never be: whoever floods sends the next as soon as one is answered. So turns go to the newest, the one
 * before him, and so on; who is among so many newest is served within two rounds of them, about half a second.
 */
const newest = 16

export function createRankLines<T extends Ranked>(): RankLines<T> {
  /** By rank, oldest first. */
  const lines = Array.from({ length: ranks }, (): T[] => [])
  /** By rank: how many are passed over at the next turn. */
  const passed = lines.map(() => 0)
  /** Those whose moment has not come. */
  let delayed: T[] = []

  const lineOf = (rank: number): T[] => lines[Math.min(rank, ranks - 1)] ?? delayed

  /** Who is of another rank by now, or has to wait, is put where he belongs. */
  function nextOf(line: T[], rank: number): T | undefined {
    for (let one = takeNewest(line, rank); one !== undefined; one = takeNewest(line, rank)) {
      one.rank = Math.max(rank, one.turn.rank())
      if (one.turn.delayMs() > 0) delayed.push(one)
      else if (one.rank === rank) return turnTaken(line, rank, one)
      else lineOf(one.rank).push(one)
    }
    return undefined
  }

  function takeNewest(line: T[], rank: number): T | undefined {
    return line.splice(Math.max(0, line.length - 1 - (passed[rank] ?? 0)), 1)[0]
  }

  function turnTaken(line: readonly T[], rank: number, one: T): T {
    passed[rank] = line.length === 0 ? 0 : ((passed[rank] ?? 0) + 1) % newest
    return one
  }

  return {
    add(one) {
      lineOf(one.rank).push(one)
    },
    remove(one) {
      for (const line of [lineOf(one.rank), delayed]) {
        const index = line.indexOf(one)
        if (index >= 0) line.splice(index, 1)
      }
    },
    takeNext() {
      for (const [rank, line] of lines.entries()) {
        const one = nextOf(line, rank)
        if (one !== undefined) return one
      }
      return undefined
    },
    last: () => delayed[0] ?? lines.findLast((line) => line.length > 0)?.[0],
    hasDelayed: () => delayed.length > 0,
    wakeDelayed() {
      const asleep: T[] = []
      for (const one of delayed) (one.turn.delayMs() > 0 ? asleep : lineOf(one.rank)).push(one)
      delayed = asleep
    },
  }
}
