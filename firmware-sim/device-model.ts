import type { Profile, SimulatedMemory } from '../contract/profile.ts'
import { findProfile } from '../contract/profiles/index.ts'
import type { Metrics } from '../contract/reading.ts'
import type { LonLat } from '../contract/site/schema.ts'
import { iso } from '../contract/time.ts'
import type { BusPosition, Timetable } from './bus-movement.ts'
import { type Director, type Fate, momentOf } from './director.ts'
import type { FleetDevice } from './fleet-device.ts'
import { shifted } from './geo.ts'
import type { LocalTime } from './local-time.ts'
import { createRandom } from './random.ts'

/** A receiver's usual error, m. */
const gpsErrorM = 2.5

export interface DeviceModel {
  device: FleetDevice
  profile: Profile
  intervalMs: number
  /** The first moment after `nowMs` at which it reports: its own place within the interval. */
  nextReportMs: (nowMs: number) => number
  /** Whether it has network and power now. */
  fateOf: (nowMs: number) => Fate
  /** What it publishes at a moment; `undefined` where it is dark or silent. Moments do not go backwards by more than a tick. */
  report: (nowMs: number) => string | undefined
  /** It reports at once when the mains goes or comes. */
  noticesMains: (fate: Fate) => boolean
}

/** The life of one device as a pure function of seed and moments; nothing in it knows of a network. */
export function createDeviceModel({
  device,
  seed,
  rate,
  startMs,
  timetable,
  director,
  localTime,
}: {
  device: FleetDevice
  seed: number
  /** Readings a second, instead of the profile's interval. */
  rate?: number | undefined
  startMs: number
  timetable?: Timetable | undefined
  director: Director
  localTime: (nowMs: number) => LocalTime
}): DeviceModel {
  const profile = findProfile(device.profile)
  if (profile === undefined) throw new RangeError(`no profile ${device.profile}`)
  const random = createRandom(seed, device.id)
  const intervalMs = rate === undefined ? profile.expectedS * 1000 : 1000 / rate
  const phaseMs = Math.floor(createRandom(seed, device.id, 'phase')() * intervalMs)
  const memory: SimulatedMemory = { ...device.memory }
  let lastMs: number | undefined
  let seq = 0
  let dark = false
  let mains = true

  function move(nowMs: number): BusPosition | undefined {
    if (timetable === undefined) return undefined
    const begunS = (device.route?.startAt ?? 0) * timetable.periodS
    return timetable.at(begunS + (nowMs - startMs) / 1000)
  }

  function measure(nowMs: number, { conditions }: Fate, bus: BusPosition | undefined): Metrics {
    const { hour, weekend } = localTime(nowMs)
    const elapsedS = lastMs === undefined ? intervalMs / 1000 : Math.max(0, nowMs - lastMs) / 1000
    if (bus !== undefined) memory.speed_kmh = bus.speedKmh
    const moment = { nowMs, hour, weekend, elapsedS, random, ...conditions }
    return { ...(bus === undefined ? {} : movement(bus)), ...profile?.simulate(moment, memory) }
  }

  function payloadOf(nowMs: number, fate: Fate): string {
    const bus = move(nowMs)
    const at: LonLat = bus?.position ?? [device.lon, device.lat]
    let metrics = measure(nowMs, fate, bus)
    for (const { effect, startMs: begunMs } of fate.effects) {
      metrics = effect.distort?.(device, momentOf(begunMs, nowMs, at), metrics) ?? metrics
    }
    seq += 1
    const position = bus === undefined ? {} : gpsFix(bus.position)
    let payload = JSON.stringify({ ts: iso(fate.clockMs), ...position, ...metrics, seq })
    for (const { effect, startMs: begunMs } of fate.effects) {
      payload = effect.corrupt?.(device, momentOf(begunMs, nowMs, at), payload) ?? payload
    }
    return payload
  }

  function gpsFix(position: LonLat): { lat: number; lon: number } {
    const error = () => (random() + random() - 1) * 2 * gpsErrorM
    const [lon, lat] = shifted(position, error(), error())
    return { lat: Math.round(lat * 1e6) / 1e6, lon: Math.round(lon * 1e6) / 1e6 }
  }

  function isMute(nowMs: number, { effects }: Fate): boolean {
    const at: LonLat = [device.lon, device.lat]
    return effects.some(({ effect, startMs: begunMs }) => effect.mute?.(device, momentOf(begunMs, nowMs, at)) === true)
  }

  const fateOf = (nowMs: number) => director.fateOf(device, nowMs, move(nowMs)?.position ?? [device.lon, device.lat])

  return {
    device,
    profile,
    intervalMs,
    nextReportMs(nowMs) {
      const nextMs = Math.floor((nowMs - phaseMs) / intervalMs + 1) * intervalMs + phaseMs
      // A rate that is no whole number of milliseconds may be rounded down to the very same moment.
      return nextMs - nowMs < 1 ? nextMs + intervalMs : nextMs
    },
    fateOf,
    noticesMains: ({ conditions }) => profile.metrics.includes('mains') && conditions.mains !== mains,
    report(nowMs) {
      const fate = fateOf(nowMs)
      if (fate.link === 'no-power') dark = true
      if (fate.link === 'no-power' || isMute(nowMs, fate)) return undefined
      // It has just come up again.
      if (dark && 'uptime_s' in memory) memory.uptime_s = 0
      dark = false
      mains = fate.conditions.mains
      const payload = payloadOf(nowMs, fate)
      lastMs = nowMs
      return payload
    },
  }
}

function movement({ speedKmh, headingDeg }: BusPosition): Metrics {
  return { speed_kmh: Math.round(speedKmh * 10) / 10, heading_deg: Math.round(headingDeg) % 360 }
}
