import type { StateChange, StatePeriod, Uptime, UptimeClass } from '../contract/ports/states.ts'
import type { DeviceState } from '../contract/state.ts'

export const uptimeClasses: Record<DeviceState, UptimeClass> = {
  online: 'up',
  late: 'up',
  stale: 'down',
  frozen: 'down',
  offline: 'down',
  disabled: 'excluded',
  unknown: 'unknown',
}

const unwatched = { state: 'unknown', cause: 'not-watched' } as const

interface Asked {
  fromMs: number
  /** Excluded. */
  toMs: number
  /** Up to here changes are known; later time was not watched. */
  knownUntilMs: number
}

/**
 * Periods of a device that fill a span without gap or overlap, oldest first; neighbours differ. `changes` are in order of time and
 * begin with the one that holds at the begin of the span, if there is any: before the first one nobody watched.
 */
export function periodsOf(changes: Iterable<StateChange>, { fromMs, toMs, knownUntilMs }: Asked): StatePeriod[] {
  const periods: StatePeriod[] = []
  const endMs = Math.max(fromMs, Math.min(toMs, knownUntilMs))
  let current: Pick<StateChange, 'state' | 'cause'> = unwatched
  let sinceMs = fromMs

  function end(atMs: number): void {
    if (atMs <= sinceMs) return
    const last = periods.at(-1)
    if (last !== undefined && last.state === current.state && last.cause === current.cause) last.toMs = atMs
    else periods.push({ fromMs: sinceMs, toMs: atMs, state: current.state, cause: current.cause })
    sinceMs = atMs
  }

  for (const change of changes) {
    if (change.atMs >= endMs) break
    end(change.atMs)
    current = change
  }
  end(endMs)
  current = unwatched
  end(toMs)
  return periods
}

/**
 * Adds up periods by bucket. Bucket n lasts from `boundsMs[n]` to `boundsMs[n + 1]`; periods are in order of time. Every
 * bucket that the periods fill adds up to its own length.
 */
export function uptimeOf(periods: Iterable<StatePeriod>, boundsMs: readonly number[]): Uptime[] {
  const sums = boundsMs.slice(1).map(noUptime)
  let first = 0
  for (const period of periods) {
    while ((boundsMs[first + 1] ?? Number.POSITIVE_INFINITY) <= period.fromMs) first += 1
    for (let bucket = first; (boundsMs[bucket] ?? Number.POSITIVE_INFINITY) < period.toMs; bucket += 1) {
      const sum = sums[bucket]
      if (sum !== undefined)
        sum[uptimeClasses[period.state]] += overlapMs(period, boundsMs[bucket], boundsMs[bucket + 1])
    }
  }
  return sums
}

function overlapMs({ fromMs, toMs }: StatePeriod, beginMs = fromMs, endMs = fromMs): number {
  return Math.max(0, Math.min(toMs, endMs) - Math.max(fromMs, beginMs))
}

export function noUptime(): Uptime {
  return { up: 0, down: 0, excluded: 0, unknown: 0 }
}

export function addUptime(sum: Uptime, more: Uptime): void {
  sum.up += more.up
  sum.down += more.down
  sum.excluded += more.excluded
  sum.unknown += more.unknown
}

/** Share of the time that counts, 0 to 100 with three decimals, rounded down: 100 means no downtime at all. `null`: no time counts. */
export function uptimePercent({ up, down }: Uptime): number | null {
  const counted = up + down
  return counted === 0 ? null : Math.floor((up / counted) * 100_000) / 1000
}
