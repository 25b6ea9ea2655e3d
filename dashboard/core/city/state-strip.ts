import type { StatePeriod } from '../../../contract/ports/states.ts'
import type { DeviceState } from '../../../contract/state.ts'

/** Part of a strip that is drawn alike. */
export interface StripPart {
  state: DeviceState
  /** How many columns wide. */
  columns: number
}

/** A column of a strip shows the first of these that it holds: a short failure is not lost in a long month. */
const mostTelling: readonly DeviceState[] = ['offline', 'frozen', 'stale', 'late', 'unknown', 'disabled', 'online']

/** A strip of so many columns. `periods` fill the span, oldest first. */
export function stripParts(
  { fromMs, toMs, periods }: { fromMs: number; toMs: number; periods: readonly StatePeriod[] },
  columns: number,
): StripPart[] {
  const parts: StripPart[] = []
  const columnMs = (toMs - fromMs) / columns
  let first = 0
  for (let column = 0; column < columns; column += 1) {
    const endMs = fromMs + (column + 1) * columnMs
    while ((periods[first]?.toMs ?? endMs) <= endMs - columnMs) first += 1
    const state = tellingState(periods, first, endMs)
    const last = parts.at(-1)
    if (last?.state === state) last.columns += 1
    else parts.push({ state, columns: 1 })
  }
  return parts
}

function tellingState(periods: readonly StatePeriod[], first: number, endMs: number): DeviceState {
  let least = mostTelling.length
  for (let index = first; index < periods.length; index += 1) {
    const period = periods[index]
    if (period === undefined || period.fromMs >= endMs) break
    least = Math.min(least, mostTelling.indexOf(period.state))
  }
  return mostTelling[least] ?? 'unknown'
}

/** Which period holds a moment. */
export function periodAt(periods: readonly StatePeriod[], atMs: number): number {
  const index = periods.findIndex(({ toMs }) => atMs < toMs)
  return index === -1 ? periods.length - 1 : index
}
