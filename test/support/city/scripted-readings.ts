import type { DeviceView } from '../../../contract/http/devices.ts'
import type { Readings } from '../../../contract/http/readings.ts'
import { findMetric } from '../../../contract/metrics.ts'
import { findProfile } from '../../../contract/profiles/index.ts'

const unitMs: Record<string, number> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

function everyMs(text: string | undefined): number {
  const [, n = '60', unit = 's'] = /^(\d+)([smhd])$/.exec(text ?? '') ?? []
  return Number(n) * (unitMs[unit] ?? 1000)
}

/** Nothing was heard from 6 to 4 hours ago, and 10 hours ago stood one spike of a single reading. */
export const scriptedGap = { fromHoursAgo: 6, toHoursAgo: 4 } as const
export const scriptedSpike = { hoursAgo: 10, times: 3 } as const

const spread: Record<string, number> = { mean: 0, min: -1, max: 1, last: 0 }
const hourMs = 3_600_000

interface Asked {
  fromMs: number
  toMs: number
  stepMs: number
  every: string | null
  aggregate: string
  names: readonly string[]
}

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)
const instant = (value: unknown, usual: number): number => Number(value ?? usual) || Date.parse(String(value))

function asked(view: DeviceView, query: Record<string, unknown>): Asked {
  const toMs = instant(query.to, Date.now())
  const every = text(query.every)
  return {
    toMs,
    fromMs: instant(query.from, toMs - 24 * hourMs),
    stepMs: every === undefined ? view.expectedS * 1000 : everyMs(every),
    every: every ?? null,
    aggregate: text(query.aggregate) ?? 'mean',
    names: text(query.metrics)?.split(',') ?? findProfile(view.profile)?.metrics ?? [],
  }
}

function pointsOf(now: number, name: string, { fromMs, toMs, stepMs, aggregate }: Asked): [number, number][] {
  const range = findMetric(name)
  const wave = Math.abs(now) * 0.2 + (range === undefined ? 1 : Math.min(2, (range.max - range.min) / 50))
  const spikeAt = Math.floor((toMs - scriptedSpike.hoursAgo * hourMs) / stepMs) * stepMs
  const points: [number, number][] = []
  for (let ms = Math.ceil(fromMs / stepMs) * stepMs; ms < toMs; ms += stepMs) {
    const ago = (toMs - ms) / hourMs
    if (ago < scriptedGap.fromHoursAgo && ago > scriptedGap.toHoursAgo) continue
    const spike = ms === spikeAt && aggregate === 'max' ? now * scriptedSpike.times : 0
    points.push([ms, now + wave * Math.sin(ago / 3) + (spread[aggregate] ?? 0) * wave * 0.15 + spike])
  }
  return points
}

function wayOf({ kind, lat, lon }: DeviceView, toMs: number): [number, number, number][] {
  if (lat === null || lon === null || kind !== 'bus') return []
  const at = (i: number): [number, number, number] => [
    toMs - (120 - i) * 60_000,
    lat + 0.01 * Math.sin(i / 12),
    lon + 0.0003 * (i - 120) * Math.cos(i / 30),
  ]
  return Array.from({ length: 120 }, (_, i) => at(i))
}

/** History of a device as smooth waves around its present values, with one gap and one spike. */
export function scriptedReadings(view: DeviceView, query: Record<string, unknown>): Readings {
  const ask = asked(view, query)
  const metrics = Object.fromEntries(
    ask.names.map((name) => [name, pointsOf(Number(view.metrics[name] ?? 0), name, ask)]),
  )
  return {
    deviceId: view.id,
    from: new Date(ask.fromMs).toISOString(),
    to: new Date(ask.toMs).toISOString(),
    every: ask.every,
    engine: 'sqlite',
    metrics,
    ...(ask.every === null && { positions: wayOf(view, ask.toMs) }),
  }
}
