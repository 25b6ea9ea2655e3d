import type { Pipeline } from '../../contract/http/pipeline.ts'
import type { DeviceState } from '../../contract/state.ts'
import { isLive } from '../device-state.ts'

/** What a whole city tells of its data. Ages in ms; `null`: nothing was heard yet. */
export interface CityFlow {
  devices: readonly { state: DeviceState; expectedMs: number }[]
  /** Of the newest reading of any device. */
  dataAgeMs: number | null
  /** Of the newest entry that came all the way through the system, though no device had to send it. */
  canaryAgeMs: number | null
}

/** The pipeline's counters with how fast readings come in. */
export interface Flow {
  pipeline: Pipeline
  perSecond: number | null
}

/** Readings must move at least this often while devices are connected. */
export const dataStoppedAfterMs = 15_000
/** One canary leaves each second; past this the way is not open. */
export const canaryLostMs = 5000

/** Cause why data does not flow though the server answers; `null` while it flows or nothing is expected. */
export type DataStopped = { cause: 'broker' | 'ingest' | 'path' | 'silence'; ageMs: number | null } | null

/**
 * Tells whether the picture is fed. The link alone does not say so: broker, ingest or store may be dead behind a live server. The
 * canary tells whether the way is open. A city of slow devices is given three of the shortest reporting intervals before
 * its silence means anything.
 */
export function dataStopped(city: CityFlow, pipeline: Pipeline | null): DataStopped {
  if (pipeline === null) return null
  const { canaryAgeMs } = city
  const ageMs = canaryAgeMs ?? city.dataAgeMs
  if (!pipeline.broker.up) return { cause: 'broker', ageMs }
  if (!pipeline.ingest.up) return { cause: 'ingest', ageMs }
  if (canaryAgeMs !== null && canaryAgeMs > canaryLostMs) return { cause: 'path', ageMs }
  if (pipeline.broker.connected === 0 || city.dataAgeMs === null) return null
  const heard = city.devices.filter((device) => isLive(device.state) || device.state === 'stale')
  const shortest = heard.reduce((least, device) => Math.min(least, device.expectedMs), Number.POSITIVE_INFINITY)
  const patienceMs = Math.max(dataStoppedAfterMs, Number.isFinite(shortest) ? 3 * shortest : 0)
  return city.dataAgeMs > patienceMs ? { cause: 'silence', ageMs: city.dataAgeMs } : null
}

/** Readings per second between two looks at the counters; `null` when it cannot be said. */
export function readingsPerSecond(
  before: { atMs: number; received: number } | null,
  after: { atMs: number; received: number },
): number | null {
  if (before === null || after.atMs <= before.atMs || after.received < before.received) return null
  return ((after.received - before.received) * 1000) / (after.atMs - before.atMs)
}
