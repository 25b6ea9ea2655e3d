import type { DeviceView } from '../../../contract/http/devices.ts'
import type { States } from '../../../contract/http/states.ts'
import type { StatePeriod } from '../../../contract/ports/states.ts'
import { periodsOf } from '../../../domain/state-history.ts'
import { scriptedGap } from './scripted-readings.ts'

const hourMs = 3_600_000
/** Hours before now; nothing was kept before the first. */
const script = [
  { hoursAgo: 20 * 24, state: 'online', cause: null },
  { hoursAgo: 75, state: 'disabled', cause: 'maintenance' },
  { hoursAgo: 70, state: 'online', cause: null },
  { hoursAgo: scriptedGap.fromHoursAgo, state: 'offline', cause: 'link-lost' },
  { hoursAgo: scriptedGap.toHoursAgo, state: 'online', cause: null },
] as const

/** What became of any device, in the shape of the API. */
export function scriptedStates({ id }: DeviceView, query: Record<string, unknown>): States {
  const [fromMs, toMs] = [Number(query.from), Number(query.to)]
  const changes = script.map(({ hoursAgo, ...change }) => ({ ...change, atMs: toMs - hoursAgo * hourMs }))
  const periods = periodsOf(changes, { fromMs, toMs, knownUntilMs: Number.POSITIVE_INFINITY })
  const iso = (ms: number) => new Date(ms).toISOString()
  const item = ({ fromMs: from, toMs: to, state, cause }: StatePeriod) => ({
    ...{ from: iso(from), state, cause, maintenance: cause === 'maintenance' },
    ...(to < toMs && { to: iso(to) }),
  })
  return { deviceId: id, from: iso(fromMs), to: iso(toMs), items: periods.map(item) }
}
