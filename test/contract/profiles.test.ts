import { readdirSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { metrics } from '../../contract/metrics.ts'
import type { Profile, SimulatedMemory, SimulatedMoment } from '../../contract/profile.ts'
import { findProfile, profiles } from '../../contract/profiles/index.ts'
import { type Metrics, type Reading, rejectReasons } from '../../contract/reading.ts'
import { deviceTopic, kinds } from '../../contract/topics.ts'
import { normalize } from '../../ingest/adapters/index.ts'

const reserved = ['ts', 'lat', 'lon', 'seq']
const dayS = 86_400

/** mulberry32: small, and good enough to choose test moments with. */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

type Weather = Partial<Pick<SimulatedMoment, 'rainMmh' | 'flood' | 'mains' | 'weekend'>>

/** A day as one device lives it, at its own interval or so: 240 to 2,880 readings. */
function simulatedDay(profile: Profile, { seed, weather = {} }: { seed: number; weather?: Weather }): Metrics[] {
  const random = seeded(seed)
  const memory: SimulatedMemory = {}
  const stepS = Math.min(360, Math.max(profile.expectedS, 30))
  return Array.from({ length: Math.floor(dayS / stepS) }, (_, step) => {
    const elapsedS = step === 0 ? profile.expectedS : stepS
    const hour = ((step * stepS) / 3600) % 24
    const calm = { rainMmh: 0, flood: 0, mains: true, weekend: false }
    return profile.simulate(
      { nowMs: Date.UTC(2026, 10, 20, 17) + step * stepS * 1000, hour, elapsedS, random, ...calm, ...weather },
      memory,
    )
  })
}

const weathers: [string, Weather][] = [
  ['a dry day', {}],
  ['a dry Sunday', { weekend: true }],
  ['a cloudburst', { rainMmh: 120 }],
  ['drizzle', { rainMmh: 1.5 }],
  ['the worst flood', { flood: 1, rainMmh: 20 }],
  ['a power cut', { mains: false }],
]

describe('the list of profiles', () => {
  test('holds every file of its folder once, under its own name', () => {
    const files = readdirSync('contract/profiles').filter((name) => name !== 'index.ts')
    expect(profiles.map((profile) => `${profile.id}.ts`).sort()).toEqual(files.sort())
  })

  test('is searched by id, and knows no inherited names', () => {
    expect(findProfile('river-gauge')?.kind).toBe('sensor')
    for (const id of ['', 'River-Gauge', '__proto__', 'constructor']) expect(findProfile(id)).toBeUndefined()
  })
})

describe.each(profiles.map((profile) => [profile.id, profile] as const))('%s', (id, profile) => {
  test('has a kebab-case id, a known kind, labels and a real interval', () => {
    expect(id).toMatch(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/)
    expect(kinds).toContain(profile.kind)
    expect(profile.label.id).not.toBe('')
    expect(profile.label.en).not.toBe('')
    expect(profile.expectedS).toBeGreaterThanOrEqual(5)
    expect(profile.expectedS).toBeLessThanOrEqual(3600)
  })

  test('names each of its metrics once, all of them from the dictionary', () => {
    expect(new Set(profile.metrics).size).toBe(profile.metrics.length)
    for (const name of profile.metrics) expect(Object.hasOwn(metrics, name), name).toBe(true)
  })

  test.each(weathers)('measures only its own metrics, within their ranges, through %s', (_, weather) => {
    const day = simulatedDay(profile, { seed: 7, weather })
    expect(day.length).toBeGreaterThanOrEqual(240)
    for (const reading of day) expect(faultsOf(profile, reading)).toEqual([])
  })

  test('measures the same day again with the same seed, another day with another', () => {
    const first = simulatedDay(profile, { seed: 1 })
    expect(simulatedDay(profile, { seed: 1 })).toEqual(first)
    expect(simulatedDay(profile, { seed: 2 })).not.toEqual(first)
  })

  test('keeps its counters from falling', () => {
    const day = simulatedDay(profile, { seed: 3, weather: { rainMmh: 8 } })
    for (const name of profile.metrics.filter((metric) => metrics[metric].type === 'counter')) {
      const series = day.map((reading) => Number(reading[name]))
      expect(series).toEqual([...series].sort((a, b) => a - b))
    }
  })

  test('does not look frozen on a healthy day', () => {
    for (const weather of [{}, { rainMmh: 30 }]) {
      const day = simulatedDay(profile, { seed: 4, weather })
      expect(day.some((_, index) => looksFrozen(profile, day.slice(0, index + 1)))).toBe(false)
    }
  })

  test('shows a payload that is taken, with the metrics that come of it', () => {
    expect(profile.examples.accepted.length).toBeGreaterThan(0)
    for (const { payload, metrics: expected } of profile.examples.accepted) {
      const measured = Object.entries(payload ?? {}).filter(([key]) => !reserved.includes(key))
      expect(payload).toHaveProperty('ts')
      expect(Object.fromEntries(measured)).toEqual(expected)
      expect(faultsOf(profile, expected)).toEqual([])
    }
  })

  test('shows a payload that is refused, with a reason that the pipeline knows', () => {
    expect(profile.examples.refused.length).toBeGreaterThan(0)
    for (const { reason } of profile.examples.refused) expect(rejectReasons).toContain(reason)
  })

  test('shows what the door makes of them', () => {
    for (const { payload, metrics: expected } of profile.examples.accepted) {
      const { readings, reasons } = atTheDoor(profile, payload)
      expect([reasons, readings.map((reading) => reading.metrics)]).toEqual([[], [expected]])
    }
    for (const { payload, reason } of profile.examples.refused) {
      // What is implausible still is a reading at the door; the next step knows the ranges.
      const { readings, reasons } = atTheDoor(profile, payload)
      if (reason === 'implausible') expect(readings.flatMap((one) => faultsOf(profile, one.metrics))).not.toEqual([])
      else expect(reasons).toEqual([reason])
    }
  })
})

function atTheDoor({ kind }: Profile, payload: unknown): { readings: Reading[]; reasons: string[] } {
  const reasons: string[] = []
  const topic = deviceTopic('binjai/v1', { kind, deviceId: 'sim-example', channel: 'telemetry' })
  const readings = normalize(topic, new TextEncoder().encode(JSON.stringify(payload)), {
    topicRoot: 'binjai/v1',
    refuse: (reason) => reasons.push(reason),
  })
  return { readings, reasons }
}

function faultsOf(profile: Profile, reading: Metrics): string[] {
  return Object.entries(reading).flatMap(([name, measured]) => {
    const known = profile.metrics.find((metric) => metric === name)
    if (known === undefined) return [`${name} is none of its metrics`]
    const { type, min, max } = metrics[known]
    if (type === 'boolean') return typeof measured === 'boolean' ? [] : [`${name} is no boolean`]
    return typeof measured === 'number' && measured >= min && measured <= max ? [] : [`${name} = ${measured}`]
  })
}

function looksFrozen({ frozen }: Profile, past: readonly Metrics[]): boolean {
  const last = past.at(-1)
  if (frozen === undefined || last === undefined) return false
  if ('above' in frozen) return Number(last[frozen.metric]) > frozen.above
  const row = past.slice(-frozen.times)
  return row.length === frozen.times && row.every((one) => frozen.same.every((name) => one[name] === last[name]))
}

describe('daily rhythms', () => {
  const at = (id: string, hour: number, weather: Weather = {}) => {
    const profile = findProfile(id)
    if (profile === undefined) throw new Error(`no profile ${id}`)
    const day = simulatedDay(profile, { seed: 11, weather })
    return day[Math.floor((hour / 24) * day.length)] ?? {}
  }

  test('lamps burn from 18.15 to 06.10', () => {
    const lit = [0, 3, 6, 18.5, 21].map((hour) => at('street-light', hour).relay)
    const out = [6.5, 9, 12, 18].map((hour) => at('street-light', hour).relay)
    expect([lit.every(Boolean), out.some(Boolean)]).toEqual([true, false])
  })

  test('lamps are dark and meters read nothing while the mains is gone', () => {
    expect(at('street-light', 21, { mains: false })).toMatchObject({ relay: false, power_w: 0, voltage_v: 0 })
    expect(at('power-meter', 21, { mains: false })).toMatchObject({ mains: false, power_w: 0, voltage_v: 0 })
  })

  test('afternoons are warm and dry, nights are cool and moist, the sun shines by day', () => {
    const [noon, night] = [at('weather-station', 14), at('weather-station', 3)]
    expect(Number(noon.temperature_c)).toBeGreaterThan(Number(night.temperature_c) + 5)
    expect(Number(noon.humidity_pct)).toBeLessThan(Number(night.humidity_pct) - 15)
    expect([Number(noon.solar_wm2) > 60, night.solar_wm2]).toEqual([true, 0])
  })

  test('rain fills the gauge and washes the dust out', () => {
    expect(Number(at('rain-gauge', 20, { rainMmh: 12 }).rain_day_mm)).toBeCloseTo(240, -2)
    const dusty = Number(at('air-quality', 22).pm25_ugm3)
    expect(Number(at('air-quality', 22, { rainMmh: 40 }).pm25_ugm3)).toBeLessThan(dusty / 2)
  })

  test('dust peaks in the evening, load in the evening, traffic at seven', () => {
    expect(Number(at('air-quality', 22).pm25_ugm3)).toBeGreaterThan(Number(at('air-quality', 13).pm25_ugm3))
    expect(Number(at('power-meter', 20).power_w)).toBeGreaterThan(1.5 * Number(at('power-meter', 4).power_w))
    expect(Number(at('traffic-counter', 7.2).count)).toBeGreaterThan(3 * Number(at('traffic-counter', 2).count))
  })

  test('a river rises with the flood, in the measure of its own worst level', () => {
    const gauge = findProfile('river-gauge')
    const calm = { nowMs: 0, hour: 12, weekend: false, elapsedS: 60, rainMmh: 0, mains: true }
    const level = (flood: number) =>
      Number(gauge?.simulate({ ...calm, flood, random: seeded(5) }, { worst_m: 2, dry_m: 0.3 }).water_level_m)
    expect(level(0)).toBeLessThan(0.6)
    expect(level(0.5)).toBeCloseTo(1.15, 0)
    expect(level(1)).toBeGreaterThan(1.8)
  })

  test('a container is emptied in the morning and fills until the next', () => {
    const bin = findProfile('waste-bin')
    const day = bin === undefined ? [] : simulatedDay(bin, { seed: 2 })
    const fills = day.map((reading) => Number(reading.fill_pct))
    const emptied = fills.findIndex((fill, index) => index > 0 && fill < Number(fills[index - 1]) - 5)
    expect((emptied * 24) / fills.length).toBeGreaterThan(5)
    expect((emptied * 24) / fills.length).toBeLessThan(8)
    expect(Number(fills.at(-1))).toBeGreaterThan(25)
  })
})
