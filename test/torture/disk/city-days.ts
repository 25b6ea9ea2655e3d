import type { StoredReading } from '../../../contract/ports/telemetry.ts'
import type { SimulatedMemory } from '../../../contract/profile.ts'
import { findProfile } from '../../../contract/profiles/index.ts'
import { createRandom, type Random } from '../../../firmware-sim/random.ts'

const dayMs = 86_400_000
const hourMs = 3_600_000

/** How a city's devices are spread over profiles: [profile, devices of 5,000, seconds between two readings]. */
const mix: readonly [profile: string, devices: number, everyS: number][] = [
  ['trans-binjai-bus', 35, 5],
  ['street-light', 2700, 900],
  ['ip-camera', 600, 300],
  ['network-link', 300, 120],
  ['traffic-counter', 300, 60],
  ['power-meter', 400, 300],
  ['air-quality', 40, 60],
  ['weather-station', 25, 60],
  ['river-gauge', 30, 300],
  ['rain-gauge', 30, 300],
  ['waste-bin', 500, 1800],
  ['lorawan-gateway', 40, 60],
]

export interface Device {
  next: number
  everyMs: number
  read(tsMs: number): StoredReading
}

/** Values as the profile's own simulation gives them; a bus wanders, with a receiver's error. */
function createDevice(id: string, profileId: string, everyS: number, startMs: number, random: Random): Device {
  const profile = findProfile(profileId)
  if (profile === undefined) throw new RangeError(`no profile ${profileId}`)
  const memory: SimulatedMemory = {}
  const areaCode = `12.75.0${1 + Math.floor(random() * 5)}`
  let [lat, lon, headingDeg, speedKmh] = [3.6, 98.48, random() * 360, 20]

  function move(): Partial<StoredReading> {
    if (!profile?.moving) return {}
    speedKmh = random() < 0.03 ? 0 : Math.min(50, Math.max(0, speedKmh + (random() - 0.5) * 10))
    headingDeg = (headingDeg + (random() - 0.5) * 20 + 360) % 360
    const km = (speedKmh * everyS) / 3600
    lat += (km / 111) * Math.cos((headingDeg * Math.PI) / 180)
    lon += (km / 111) * Math.sin((headingDeg * Math.PI) / 180)
    memory.speed_kmh = speedKmh
    const fix = (degrees: number) => Math.round((degrees + (random() - 0.5) * 5e-5) * 1e6) / 1e6
    return { lat: fix(lat), lon: fix(lon) }
  }

  return {
    next: startMs + Math.floor(random() * everyS * 1000),
    everyMs: everyS * 1000,
    read(tsMs) {
      const position = move()
      const hour = ((tsMs + 7 * hourMs) % dayMs) / hourMs
      const moment = { nowMs: tsMs, hour, weekend: false, elapsedS: everyS, random, rainMmh: 0, flood: 0, mains: true }
      const driven = { speed_kmh: Math.round(speedKmh * 10) / 10, heading_deg: Math.round(headingDeg) % 360 }
      const values = { ...(profile.moving && driven), ...profile.simulate(moment, memory) }
      const metrics = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, Number(value)]))
      const { kind } = profile
      const receivedAtMs = tsMs + 20 + Math.floor(random() * 80)
      const marks = { tsSource: 'device', simulated: true } as const
      return { deviceId: id, kind, profile: profileId, areaCode, tsMs, receivedAtMs, ...marks, ...position, metrics }
    },
  }
}

/** At scale 1 it is 5,000 devices, which say 2 million readings a day. */
export function createFleet(scale: number, seed: number, startMs: number): Device[] {
  return mix.flatMap(([profile, count, everyS]) =>
    Array.from({ length: Math.max(1, Math.round(count * scale)) }, (_, n) =>
      createDevice(`${profile}-${n}`, profile, everyS, startMs, createRandom(seed, profile, String(n))),
    ),
  )
}

/** All readings up to a moment, a minute of the city after the other. */
export function* readingsUntil(fleet: readonly Device[], fromMs: number, toMs: number): Generator<StoredReading> {
  for (let minute = fromMs; minute < toMs; minute += 60_000) {
    const slice: StoredReading[] = []
    for (const device of fleet) {
      for (; device.next < minute + 60_000; device.next += device.everyMs) slice.push(device.read(device.next))
    }
    yield* slice.sort((a, b) => a.tsMs - b.tsMs)
  }
}
