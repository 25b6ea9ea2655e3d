import { readFileSync } from 'node:fs'
import type { DeviceView } from '../../../contract/http/devices.ts'
import type { DeviceChange } from '../../../contract/live.ts'
import type { Profile, SimulatedMemory } from '../../../contract/profile.ts'
import { findProfile } from '../../../contract/profiles/index.ts'
import { areaAt, type Site } from '../../../contract/site/schema.ts'

/** A small city that does what a test tells it; the wall's browser tests and screenshots look at it. */
export interface ScriptedCity {
  devices: Map<string, DeviceView>
  /** Readings of everything that is due at this moment. */
  advance(nowMs: number): DeviceChange[]
  /** Writes into a device, as the server would; the change goes out with the next delta. */
  change(id: string, change: Omit<DeviceChange, 'id'>): void
  add(device: DeviceView): void
  remove(id: string): void
  /** Devices that say nothing any more. */
  silence: Set<string>
}

interface Actor {
  view: DeviceView
  profile: Profile
  memory: SimulatedMemory
  random: () => number
  lastMs: number
  route: readonly (readonly [number, number])[] | undefined
  alongM: number
}

const metresPerDegree = 111_320

/** mulberry32: the same seed, the same city. */
export function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** A device that was never heard. */
export function silentDevice(id: string, profileId: string, more: Partial<DeviceView> = {}): DeviceView {
  const profile = findProfile(profileId)
  if (profile === undefined) throw new Error(`no profile ${profileId}`)
  return {
    id,
    kind: profile.kind,
    profile: profileId,
    name: id,
    lat: null,
    lon: null,
    areaCode: null,
    simulated: true,
    state: 'unknown',
    stateSince: null,
    stateReason: 'never-heard',
    status: null,
    frozen: false,
    disabled: false,
    maintenance: null,
    expectedS: profile.expectedS,
    measuredAt: null,
    receivedAt: null,
    metrics: {},
    metricsAt: {},
    link: { state: 'unknown', since: null, reason: null },
    clockWrong: false,
    skewMs: null,
    duplicate: false,
    flappingUntil: null,
    faults: [],
    manual: null,
    ...more,
  }
}

interface Line {
  geometry: { type: string; coordinates: [number, number][] }
}

function linesIn(file: string): [number, number][][] {
  // The site's files have a schema and a test of their own.
  const { features } = JSON.parse(readFileSync(file, 'utf8')) as { features: Line[] }
  return features.filter(({ geometry }) => geometry.type === 'LineString').map(({ geometry }) => geometry.coordinates)
}

/** Ways that buses drive: the routes of the site, or its streets where it has none. */
function lines(siteDir: string): [number, number][][] {
  const routes = linesIn(`${siteDir}/bus-routes.geojson`)
  return routes.length > 0 ? routes : linesIn(`${siteDir}/streets.geojson`)
}

function stepLengthM([lon1, lat1]: readonly [number, number], [lon2, lat2]: readonly [number, number]): number {
  return Math.hypot((lon2 - lon1) * Math.cos((lat1 * Math.PI) / 180), lat2 - lat1) * metresPerDegree
}

/** Position and heading so many metres along a line, there and back again. */
function placeAlong(line: readonly (readonly [number, number])[], alongM: number) {
  const steps = line.slice(1).map((to, i) => ({ from: line[i] ?? to, to, m: stepLengthM(line[i] ?? to, to) }))
  const total = steps.reduce((sum, { m }) => sum + m, 0)
  const there = alongM % (2 * total)
  let rest = there > total ? 2 * total - there : there
  for (const { from, to, m } of steps) {
    if (rest > m && m !== steps.at(-1)?.m) {
      rest -= m
      continue
    }
    const share = m === 0 ? 0 : Math.min(1, rest / m)
    const course = (Math.atan2(to[0] - from[0], to[1] - from[1]) * 180) / Math.PI + (there > total ? 180 : 0)
    return {
      lon: from[0] + (to[0] - from[0]) * share,
      lat: from[1] + (to[1] - from[1]) * share,
      headingDeg: Math.round((course + 720) % 360),
    }
  }
  return { lon: line[0]?.[0] ?? 0, lat: line[0]?.[1] ?? 0, headingDeg: 0 }
}

/** How many of each profile, and how they are named. */
const cast: readonly [profile: string, prefix: string, name: string, count: number][] = [
  ['trans-binjai-bus', 'bus', 'Bus', 14],
  ['ip-camera', 'cctv', 'CCTV', 32],
  ['river-gauge', 'air', 'Pos air', 8],
  ['rain-gauge', 'hujan', 'Pos hujan', 5],
  ['weather-station', 'cuaca', 'Stasiun cuaca', 2],
  ['air-quality', 'udara', 'Kualitas udara', 4],
  ['traffic-counter', 'lalin', 'Hitung lalu lintas', 6],
  ['street-light', 'lampu', 'Panel lampu', 10],
  ['waste-bin', 'sampah', 'Kontainer', 8],
  ['power-meter', 'listrik', 'Meter listrik', 4],
  ['network-link', 'jaringan', 'Jaringan kelurahan', 12],
  ['lorawan-gateway', 'gerbang', 'Gerbang LoRaWAN', 3],
]

function actorOf(view: DeviceView, random: () => number, routes: readonly [number, number][][], n: number): Actor {
  const profile = findProfile(view.profile)
  if (profile === undefined) throw new Error(`no profile ${view.profile}`)
  const route = profile.moving ? routes[n % Math.max(1, routes.length)] : undefined
  return { view, profile, memory: {}, random, lastMs: 0, route, alongM: random() * 12_000 }
}

function posts(siteDir: string): { name: string; lat: number; lon: number }[] {
  return JSON.parse(readFileSync(`${siteDir}/river-posts.json`, 'utf8')).posts
}

function stand(random: () => number, routes: readonly [number, number][][]): { lat: number; lon: number } {
  const line = routes[Math.floor(random() * routes.length)] ?? []
  const { lat, lon } = placeAlong(line, random() * 9000)
  return { lat: lat + (random() - 0.5) * 0.02, lon: lon + (random() - 0.5) * 0.02 }
}

/** The city's own outlines. */
function kelurahan(siteDir: string): Pick<Site, 'kelurahan'> {
  // The site's files have a schema and a test of their own.
  return { kelurahan: JSON.parse(readFileSync(`${siteDir}/kelurahan.geojson`, 'utf8')) as Site['kelurahan'] }
}

/** Everybody, still silent; gauges only where there are posts for them. */
function castOf(
  options: { siteDir: string; scale?: number },
  random: () => number,
  routes: readonly [number, number][][],
): DeviceView[] {
  const gauges = posts(options.siteDir)
  const areas = kelurahan(options.siteDir)
  const member = ([profile, prefix, name]: (typeof cast)[number], i: number): DeviceView => {
    const number = String(i).padStart(2, '0')
    const place: { name?: string; lat?: number; lon?: number } =
      profile === 'river-gauge'
        ? (gauges[(i - 1) % gauges.length] ?? {})
        : profile === 'trans-binjai-bus'
          ? {}
          : stand(random, [...routes])
    const { lat = null, lon = null } = place
    const areaCode = lat === null || lon === null ? null : (areaAt(areas, lat, lon) ?? null)
    return silentDevice(`${prefix}-${number}`, profile, { name: place.name ?? `${name} ${number}`, lat, lon, areaCode })
  }
  const present = cast.filter(([profile]) => profile !== 'river-gauge' || gauges.length > 0)
  return present.flatMap((role) =>
    Array.from({ length: role[3] * (options.scale ?? 1) }, (_, i) => member(role, i + 1)),
  )
}

/**
 * The whole cast, each device with a last reading of just now. `scale` multiplies the number of devices. `faster`: each
 * reports so many times within its declared interval.
 */
export function createScriptedCity(options: {
  siteDir: string
  nowMs: number
  seed?: number
  scale?: number
  faster?: number
}): ScriptedCity {
  const reportEvery = 1000 / (options.faster ?? 1)
  const random = seeded(options.seed ?? 7)
  const routes = lines(options.siteDir)
  const actors = new Map<string, Actor>()
  const devices = new Map<string, DeviceView>()
  const pending: DeviceChange[] = []
  const silence = new Set<string>()

  function add(view: DeviceView, n = actors.size): void {
    devices.set(view.id, view)
    actors.set(view.id, actorOf(view, random, routes, n))
  }

  function reading(actor: Actor, nowMs: number): Omit<DeviceChange, 'id'> {
    const elapsedS = actor.lastMs === 0 ? actor.view.expectedS : (nowMs - actor.lastMs) / 1000
    const speed = actor.profile.moving ? 22 + 14 * actor.random() : 0
    if (actor.profile.moving) actor.memory.speed_kmh = speed
    const moment = {
      nowMs,
      hour: 9,
      weekend: false,
      elapsedS,
      random: actor.random,
      rainMmh: 3,
      flood: 0.15,
      mains: true,
    }
    const metrics = actor.profile.simulate(moment, actor.memory)
    const at = new Date(nowMs).toISOString()
    actor.lastMs = nowMs
    const heard = { state: 'online', stateReason: null, measuredAt: at, receivedAt: at, metrics } as const
    const link = { state: 'up', since: actor.view.link.since ?? at, reason: null } as const
    const since = { stateSince: actor.view.state === 'online' ? actor.view.stateSince : at }
    if (actor.route === undefined) return { ...heard, ...since, link }
    actor.alongM += (speed / 3.6) * elapsedS
    const { lat, lon, headingDeg } = placeAlong(actor.route, actor.alongM)
    return { ...heard, ...since, link, lat, lon, metrics: { ...metrics, speed_kmh: speed, heading_deg: headingDeg } }
  }

  function put(id: string, change: Omit<DeviceChange, 'id'>): DeviceChange {
    const actor = actors.get(id)
    if (actor !== undefined) {
      Object.assign(actor.view, change)
    }
    return { id, ...change }
  }

  for (const view of castOf(options, random, routes)) add(view)
  for (const actor of actors.values()) put(actor.view.id, reading(actor, options.nowMs))

  return {
    devices,
    silence,
    add,
    advance(nowMs) {
      const changes = pending.splice(0)
      for (const actor of actors.values()) {
        if (silence.has(actor.view.id) || nowMs - actor.lastMs < actor.view.expectedS * reportEvery) continue
        changes.push(put(actor.view.id, reading(actor, nowMs)))
      }
      return changes
    },
    change(id, change) {
      pending.push(put(id, change))
    },
    remove(id) {
      actors.delete(id)
      devices.delete(id)
      silence.delete(id)
    },
  }
}

/** A city in which something of everything is wrong. */
export function troubledCity(options: { siteDir: string; nowMs: number; seed?: number }): ScriptedCity {
  const city = createScriptedCity(options)
  const since = new Date(options.nowMs - 300_000).toISOString()
  const old = new Date(options.nowMs - 60_000).toISOString()
  const silent = (id: string, change: Omit<DeviceChange, 'id'>) => {
    city.silence.add(id)
    city.change(id, change)
  }
  const link = { state: 'lost', since, reason: 'keepalive' } as const
  silent('cctv-01', { frozen: true, state: 'frozen', stateSince: since, stateReason: 'same-values' })
  for (const id of ['cctv-02', 'cctv-03', 'jaringan-04'])
    silent(id, { state: 'offline', stateSince: since, stateReason: 'link-lost', link })
  silent('bus-03', { measuredAt: old, receivedAt: old })
  silent('bus-09', { state: 'offline', stateSince: since, stateReason: 'link-lost', link })
  return city
}
