import { levelMetric, type RiverPost } from '../../../domain/rivers/siaga.ts'
import { type LevelPoint, trendReachMs, type WaterTrend, waterTrend } from '../../../domain/rivers/water-trend.ts'
import type { CityView, SeenDevice } from '../city/city.ts'
import { answer } from '../connection/answers.ts'
import type { HttpClient } from '../connection/http-client.ts'
import type { DeviceStore } from '../connection/store.ts'
import { createLevelTracks } from './level-tracks.ts'
import { type SeenWater, seenWaters } from './seen-waters.ts'

/** The posts of the rivers over time: every view asks for the same. */
export interface Waters {
  at(city: CityView, posts: readonly RiverPost[]): readonly SeenWater[]
  /** The page could not listen for a while: what gauges told meanwhile is read again. */
  missed(): void
}

/** Between two tries to read what a gauge told before. */
const askAgainMs = 30_000
/** The first picture comes first. */
const firstAfterMs = 1500
/** A trend changes with what is heard, and with time only by silence. */
const sameTrendMs = 5000
/** What a gauge says more often than this is read in steps. */
const fineMs = 30_000

/** What a gauge told lately, as the store has it. */
async function lately(rest: HttpClient, { id, expectedMs }: SeenDevice, nowMs: number): Promise<LevelPoint[]> {
  const query = new URLSearchParams({ from: String(Math.floor(nowMs - trendReachMs)), metrics: levelMetric })
  if (expectedMs < fineMs) {
    query.set('every', `${fineMs / 1000}s`)
    query.set('aggregate', 'last')
  }
  const { metrics } = await rest.get(`/api/v1/devices/${id}/readings?${query}`, answer('readings'))
  return metrics[levelMetric] ?? []
}

export function createWaters({ store, rest }: { store: DeviceStore; rest: HttpClient }): Waters {
  const tracks = createLevelTracks({ store })
  /** When each gauge's past was asked for, ms of the server; `true`: it is here. */
  const filled = new Map<string, number | true>()
  const trends = new Map<string, { points: readonly LevelPoint[]; atMs: number; trend: WaterTrend }>()

  function fill(gauge: SeenDevice, nowMs: number): void {
    const asked = filled.get(gauge.id)
    if (asked === undefined) return void filled.set(gauge.id, nowMs - askAgainMs + firstAfterMs)
    if (asked === true || nowMs - asked < askAgainMs) return
    filled.set(gauge.id, nowMs)
    lately(rest, gauge, nowMs).then(
      (points) => {
        filled.set(gauge.id, true)
        tracks.fill(gauge.id, points)
      },
      // Tried again later; until then the trend is of what the page heard itself.
      () => undefined,
    )
  }

  function trendOf(gaugeId: string, points: readonly LevelPoint[], nowMs: number): WaterTrend {
    const known = trends.get(gaugeId)
    if (known?.points === points && Math.abs(nowMs - known.atMs) < sameTrendMs) return known.trend
    const trend = waterTrend(points, nowMs)
    trends.set(gaugeId, { points, atMs: nowMs, trend })
    return trend
  }

  function forget(): void {
    for (const id of [...filled.keys(), ...trends.keys()]) {
      if (store.devices.has(id)) continue
      filled.delete(id)
      trends.delete(id)
    }
  }

  return {
    at({ devices, moment, presence }, posts) {
      if (posts.length === 0) return []
      const gauges = devices.filter(
        ({ metrics, manual }) => metrics.has(levelMetric) || manual?.names.includes(levelMetric),
      )
      const waters = seenWaters({ posts, gauges, moment, pointsOf: tracks.of, trendOf })
      if (presence === 'present') for (const { gauge } of waters) if (gauge !== undefined) fill(gauge, moment.nowMs)
      forget()
      return waters
    },
    missed: () => filled.clear(),
  }
}
