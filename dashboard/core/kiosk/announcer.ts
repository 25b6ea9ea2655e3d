import type { DeviceState } from '../../../contract/state.ts'
import type { CityView, SeenDevice } from '../city/city.ts'

/** What became of devices: a trouble that they came into, or that it is over. */
export type DeviceTurn = Extract<DeviceState, 'offline' | 'frozen' | 'stale'> | 'back'

/** Devices by what became of them since the announcement before; none is empty. */
export type Announcement = ReadonlyMap<DeviceTurn, readonly SeenDevice[]>

/** Worst first, as it is told. */
export const turns: readonly DeviceTurn[] = ['offline', 'frozen', 'stale', 'back']

/** WCAG 2.2, 4.1.3: so that a flood of changes can still be listened to. */
const minBetweenMs = 5000

const troubles: readonly DeviceState[] = turns.filter((turn) => turn !== 'back')

function turnOf(before: DeviceState, now: DeviceState): DeviceTurn | undefined {
  // Taken out of service or into maintenance: nothing has become better by it.
  if (now === before || now === 'disabled') return undefined
  if (now === 'offline' || now === 'frozen' || now === 'stale') return now
  return troubles.includes(before) ? 'back' : undefined
}

/**
 * Sums up what changed in the city for those who listen to it. Compares with what was said last, so a device that went and
 * came in between is not worth a word; never speaks of a frozen picture, in which everything only seems to change.
 *
 * @param monotonicMs a clock that never goes back
 */
export function createAnnouncer({ monotonicMs }: { monotonicMs: () => number }) {
  let told: Map<string, DeviceState> | undefined
  let saidAtMs = Number.NEGATIVE_INFINITY

  function changes(devices: readonly SeenDevice[], before: ReadonlyMap<string, DeviceState>): Announcement {
    const found = devices.flatMap((device) => {
      const turn = turnOf(before.get(device.id) ?? device.state, device.state)
      return turn === undefined ? [] : [{ turn, device }]
    })
    const groups = Map.groupBy(found, ({ turn }) => turn)
    return new Map(
      turns.flatMap((turn) => {
        const group = groups.get(turn)
        return group === undefined ? [] : [[turn, group.map(({ device }) => device)] as const]
      }),
    )
  }

  return {
    /** Something to say of the city as it is now, at most once in 5 s; `undefined`: nothing. `heard` is to follow. */
    look({ presence, devices }: CityView): Announcement | undefined {
      if (presence !== 'present' || monotonicMs() - saidAtMs < minBetweenMs) return undefined
      const before = told
      told = new Map(devices.map(({ id, state }) => [id, state]))
      const said = before === undefined ? new Map() : changes(devices, before)
      if (said.size === 0) return undefined
      saidAtMs = monotonicMs()
      return said
    },
    /** It is on the page now: later than it was found where the page is busy, and the 5 s count from here. */
    heard(): void {
      saidAtMs = monotonicMs()
    },
  }
}
