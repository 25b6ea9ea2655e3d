import type { LiveDevice } from '../contract/feed.ts'
import type { StateFacts } from './device-state.ts'
import type { Span } from './span.ts'

/** Facts of a device that its registration tells. */
export interface RegisteredFacts {
  disabled: boolean
  /** Its position changes. */
  moving: boolean
  expectedMs: number
  /** The running maintenance, or else the next. */
  maintenance: Span | null
}

/** Part of a live device that its state follows from. */
export type HeardFacts = Pick<
  LiveDevice,
  'measuredAtMs' | 'receivedAtMs' | 'skewMs' | 'link' | 'flappingUntilMs' | 'status' | 'frozen'
>

/** Joins what the registry says and what was heard of a device. `undefined`: nothing was heard so far. */
export function stateFacts(
  { disabled, moving, expectedMs, maintenance }: RegisteredFacts,
  live: HeardFacts | undefined,
): StateFacts {
  return {
    measuredAtMs: measuredAtMs(live),
    receivedAtMs: live?.receivedAtMs ?? null,
    skewMs: live?.skewMs ?? null,
    expectedMs,
    moving,
    link: live?.link.state ?? 'unknown',
    linkSinceMs: live?.link.sinceMs ?? null,
    flappingUntilMs: live?.flappingUntilMs ?? null,
    status: live?.status ?? null,
    frozen: live?.frozen ?? false,
    disabled,
    maintenance,
  }
}

/** Time of the newest measurement; a clock that is a little ahead must not keep a value young for longer than it is. */
export function measuredAtMs(live: Pick<LiveDevice, 'measuredAtMs' | 'receivedAtMs'> | undefined): number | null {
  if (live === undefined || live.measuredAtMs === null) return null
  return Math.min(live.measuredAtMs, live.receivedAtMs ?? live.measuredAtMs)
}
