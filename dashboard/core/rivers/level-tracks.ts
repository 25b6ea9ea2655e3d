import { levelMetric } from '../../../domain/rivers/siaga.ts'
import { type LevelPoint, trendReachMs } from '../../../domain/rivers/water-trend.ts'
import type { DeviceStore, StoredDevice } from '../connection/store.ts'

/** What each gauge told lately, oldest first; bounded in time, and in number by the least time between two points. */
export interface LevelTracks {
  of(gaugeId: string): readonly LevelPoint[]
  /** What was told before the page began to listen, or while it could not; in any order. */
  fill(gaugeId: string, points: readonly LevelPoint[]): void
  stop(): void
}

/** A gauge that speaks more often is kept this finely: 540 points in three hours at most. */
export const minBetweenMs = 20_000

/** One point a slot of time at most, the first of it, so that a point stays where it is. */
function thinned(points: readonly LevelPoint[], newestMs: number): LevelPoint[] {
  const slots = new Map<number, LevelPoint>()
  for (const point of points.toSorted(([a], [b]) => a - b)) {
    const [ms] = point
    const slot = Math.floor(ms / minBetweenMs)
    if (ms > newestMs - trendReachMs && !slots.has(slot)) slots.set(slot, point)
  }
  return [...slots.values()]
}

/** A level that the gauge itself believes, with the moment at which it was measured. */
function pointOf({ view }: StoredDevice): LevelPoint | undefined {
  const level = view.metrics[levelMetric]
  const at = view.metricsAt[levelMetric] ?? view.measuredAt
  if (typeof level !== 'number' || at === null || view.faults.includes(levelMetric)) return undefined
  return [Date.parse(at), level]
}

/** Keeps the levels of all gauges, as the store receives them. */
export function createLevelTracks({ store }: { store: DeviceStore }): LevelTracks {
  const tracks = new Map<string, LevelPoint[]>()

  function put(gaugeId: string, points: readonly LevelPoint[]): void {
    const known = tracks.get(gaugeId) ?? []
    const all = [...known, ...points]
    const newestMs = all.reduce((newest, [ms]) => Math.max(newest, ms), Number.NEGATIVE_INFINITY)
    // The newest reading is what the page shows: it is there whatever stands in its slot.
    const newest = all.findLast(([ms]) => ms === newestMs)
    const kept = thinned(all, newestMs)
    tracks.set(gaugeId, newest === undefined || kept.at(-1)?.[0] === newestMs ? kept : [...kept, newest])
  }

  function listen(touched: readonly StoredDevice[]): void {
    for (const device of touched) {
      const point = pointOf(device)
      const { id } = device.view
      if (point !== undefined && tracks.get(id)?.at(-1)?.[0] !== point[0]) put(id, [point])
    }
    for (const id of tracks.keys()) if (!store.devices.has(id)) tracks.delete(id)
  }

  listen([...store.devices.values()])
  const stop = store.subscribe(listen)
  return { of: (id) => tracks.get(id) ?? [], fill: put, stop }
}
