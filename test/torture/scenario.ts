import type { Random } from '../../firmware-sim/random.ts'
import type { Figure } from '../bench/table.ts'

export type TortureFigure = Figure & {
  /** Depends on how fast this machine is: judged by `npm run torture`, not by `npm test`. */
  timed?: boolean
}

/** One run of a scenario. */
export interface Trial {
  seed: number
  /** The only chance that a scenario may use: the same seed does the same again. */
  random: Random
  /** 1: everything that the bar asks for; 0.1: a tenth of the rounds. Never below one round. */
  scale: number
  /** A folder of its own, removed afterwards. */
  dir: string
  /** Where it is at: one short line, which the next one replaces. */
  log(line: string): void
}

/** One promise that is put to the test, with its bars. */
export interface Scenario {
  /** kebab-case, what `--only` takes. */
  name: string
  /** One sentence: what the operator may rely on. */
  promise: string
  /** One or two sentences: what is done to the system. */
  how: string
  /** About how long it takes at scale 1 on two cores. */
  minutes: number
  /** Scale of its share in `npm test`: some seconds. 0: none. */
  quickScale: number
  /** Why it cannot run on this machine; `undefined` when it can. */
  missing?(): string | undefined
  run(trial: Trial): Promise<TortureFigure[]>
}

/** How many rounds of `full` this scale means; at least one. */
export function rounds(full: number, scale: number): number {
  return Math.max(1, Math.round(full * scale))
}
