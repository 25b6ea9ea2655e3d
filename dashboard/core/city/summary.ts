import type { DeviceState } from '../../../contract/state.ts'
import { isLive } from '../../../domain/device-state.ts'
import type { CityView, Presence, SeenDevice } from './city.ts'
import { type Known, knownIf, unknown } from './known.ts'

/** How many of a group are live, and what the rest is. Stale and silent ones are never in the live count. */
export interface Coverage {
  presence: Presence
  /** Known from the first snapshot on, also while the server is away. */
  registered: Known<number>
  live: Known<number>
  /** Every state that is not live and does occur, worst last; nothing while nobody can say. */
  rest: { state: DeviceState; count: number }[]
  /** Below this share of live devices a total says nothing and is hatched. */
  thin: boolean
}

const thinBelow = 0.8
const order: readonly DeviceState[] = ['stale', 'frozen', 'offline', 'unknown']

/** Devices out of service on purpose do not count as registered here. */
export function coverage({ presence }: Pick<CityView, 'presence'>, devices: readonly SeenDevice[]): Coverage {
  const inService = devices.filter((device) => device.state !== 'disabled')
  const registered = knownIf(presence !== 'never', inService.length)
  if (presence !== 'present') return { presence, registered, live: unknown, rest: [], thin: true }
  const live = inService.filter((device) => isLive(device.state)).length
  const rest = order
    .map((state) => ({ state, count: inService.filter((device) => device.state === state).length }))
    .filter(({ count }) => count > 0)
  const thin = inService.length > 0 && live < thinBelow * inService.length
  return { presence, registered, live, rest, thin }
}
