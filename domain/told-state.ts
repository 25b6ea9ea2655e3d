import type { LiveDevice } from '../contract/feed.ts'
import type { DeviceState, StateCause } from '../contract/state.ts'
import { iso } from '../contract/time.ts'
import type { ToldState } from '../contract/told-state.ts'
import { measuredAtMs } from './live-facts.ts'

type Heard = Pick<LiveDevice, 'measuredAtMs' | 'receivedAtMs' | 'metrics' | 'olderMs' | 'lat' | 'lon' | 'positionAtMs'>

/** Where a device was registered, and whether it moves. */
export interface RegisteredPlace {
  lat: number | null
  lon: number | null
  moving: boolean
}

/** What other systems are told of a device: its state and newest values, named and measured as everywhere here. */
export function toldState(
  verdict: { state: DeviceState; cause: StateCause | null },
  place: RegisteredPlace,
  heard: Heard | undefined,
): ToldState {
  const measuredAt = iso(measuredAtMs(heard))
  const older = Object.entries(heard?.olderMs ?? {})
  return {
    state: verdict.state,
    ...(verdict.cause !== null && { reason: verdict.cause }),
    ...(measuredAt !== null && { measuredAt }),
    metrics: heard?.metrics ?? {},
    ...(older.length > 0 && { metricsAt: Object.fromEntries(older.map(([name, ms]) => [name, iso(ms)])) }),
    ...placeOf(place, heard),
  }
}

/** A mover is where it says; what stands is where it was registered, and where it says only if that is unknown. */
function placeOf({ lat, lon, moving }: RegisteredPlace, heard: Heard | undefined) {
  const registered = lat === null || lon === null ? undefined : { lat, lon }
  if (registered !== undefined && !moving) return registered
  return heardPlace(heard) ?? registered ?? {}
}

function heardPlace(heard: Heard | undefined) {
  if (heard === undefined || heard.lat === null || heard.lon === null) return undefined
  const { lat, lon, positionAtMs, measuredAtMs: newestMs } = heard
  const isOlder = positionAtMs !== null && positionAtMs < (newestMs ?? 0)
  return { lat, lon, ...(isOlder && { positionAt: iso(positionAtMs) }) }
}

/** What is told of a device while nobody can know its state: that, and when it was heard last. */
export function unwatchedState({ measuredAt }: ToldState): ToldState {
  return {
    state: 'unknown',
    reason: 'not-watched',
    ...(measuredAt !== undefined && { measuredAt }),
    metrics: {},
  }
}
