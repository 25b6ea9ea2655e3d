import type { HookGuard } from '../auth/hook-guard.ts'
import type { TopicKeys } from './patterns.ts'

/** Looks through all devices for those who ask for what was left there. */
export interface Search<Asker> {
  ask(asker: Asker, patterns: Iterable<string>): void
  stop(): void
}

export interface SearchParts<Asker> {
  /** Goes through the devices, one at each step, and is told who of the askers asked for each. */
  over: (askersOf: (keys: TopicKeys) => Iterable<Asker>) => Iterator<void>
  /** All devices were looked at for it. */
  found: (asker: Asker) => void
  guard: HookGuard
}

/** Of the event loop at once, ms; some thousand devices take longer. */
const sliceMs = 4
/** From the end of one search to the next: whoever asks and asks costs no more than so. */
const restMs = 100

/**
 * A SUBSCRIBE takes some bytes, and to answer it every device has to be looked at. So a search is for all who asked until it
 * began, each pattern once, in slices, and the next one waits a while.
 */
export function createSearch<Asker>({ over, found, guard }: SearchParts<Asker>): Search<Asker> {
  /** By pattern; they are searched for next. */
  let asked = new Map<string, Set<Asker>>()
  let turn: NodeJS.Immediate | undefined
  let rest: NodeJS.Timeout | undefined

  function begin(): void {
    turn = undefined
    rest = undefined
    const askers = asked
    asked = new Map()
    if (askers.size > 0)
      goOn(
        over(({ patterns }) => askersOf(askers, patterns)),
        askers,
      )
  }

  function goOn(steps: Iterator<void>, askers: ReadonlyMap<string, Set<Asker>>): void {
    turn = undefined
    const untilMs = performance.now() + sliceMs
    const isOver = () => steps.next().done === true
    while (performance.now() < untilMs) if (guard.safely<boolean>(true, isOver)) return end(askers)
    turn = setImmediate(goOn, steps, askers)
  }

  function end(askers: ReadonlyMap<string, Set<Asker>>): void {
    rest = setTimeout(begin, restMs).unref()
    for (const asker of new Set([...askers.values()].flatMap((some) => [...some]))) found(asker)
  }

  return {
    ask(asker, patterns) {
      for (const pattern of patterns) asked.set(pattern, (asked.get(pattern) ?? new Set()).add(asker))
      if (asked.size > 0 && turn === undefined && rest === undefined) turn = setImmediate(begin)
    },
    stop() {
      clearImmediate(turn)
      clearTimeout(rest)
      turn = undefined
      rest = undefined
      asked.clear()
    },
  }
}

function* askersOf<Asker>(
  askers: ReadonlyMap<string, ReadonlySet<Asker>>,
  patterns: readonly string[],
): Generator<Asker> {
  for (const pattern of patterns) yield* askers.get(pattern) ?? []
}
