import { describe, expect, test } from 'vitest'
import { findProfile } from '../../contract/profiles/index.ts'
import { demoSchedule } from '../../firmware-sim/demo-schedule.ts'
import { cityFleet } from '../../firmware-sim/fleet.ts'
import type { ScheduledScenario } from '../../firmware-sim/scenario.ts'
import { findScenario, scenarios } from '../../firmware-sim/scenarios/index.ts'
import { readSite } from '../../firmware-sim/site-folder.ts'
import { live, type Moment, morningMs, native } from './life.ts'

const site = await readSite('contract/site/binjai')
const fleet = cityFleet({ site, seed: 1 })
const of = (profile: string) => fleet.filter((device) => device.profile === profile)
const play = (id: string, rest: Partial<ScheduledScenario> = {}): ScheduledScenario[] => [{ id, atS: 60, ...rest }]
const seriesOf = (moments: readonly Moment[], id: string) => moments.filter(({ device }) => device.id === id)

describe('a day', () => {
  const watched = [...of('trans-binjai-bus').slice(0, 3), ...of('ip-camera').slice(0, 3), ...of('rain-gauge')]

  test('is the same to the byte with the same seed, and another with another', () => {
    const first = live({ site, fleet, watched, forS: 900, weather: 'real' })
    expect(live({ site, fleet, watched, forS: 900, weather: 'real' })).toEqual(first)
    expect(live({ site, fleet, watched, forS: 900, seed: 2, weather: 'real' })).not.toEqual(first)
  })

  test('goes the same way for a device whoever else lives it', () => {
    const [bus] = watched
    const alone = live({ site, fleet, watched: watched.slice(0, 1), forS: 300 })
    const among = live({ site, fleet, watched, forS: 300 })
    expect(seriesOf(among, bus?.id ?? '')).toEqual(alone)
  })

  test('is reported at each profile’s interval, each device at a moment of its own', () => {
    const moments = live({ site, fleet, watched: of('ip-camera'), forS: 121 })
    expect(seriesOf(moments, 'sim-cctv-001').length).toBe(2)
    const atOnce = [...Map.groupBy(moments, ({ atS }) => atS).values()].map((group) => group.length)
    expect(Math.max(...atOnce)).toBeLessThan(12)
  })

  test('is written as native readings: time, position of what moves, growing seq', () => {
    const moments = live({ site, fleet, watched: watched.slice(0, 1), forS: 60 })
    const readings = moments.map(native)
    expect(readings.map(({ seq }) => seq)).toEqual(readings.map((_, index) => index + 1))
    expect(Date.parse(readings[0]?.ts ?? '')).toBe(morningMs + Number(moments[0]?.atS) * 1000)
    const known = new Set<string>(['ts', 'lat', 'lon', 'seq', ...(findProfile('trans-binjai-bus')?.metrics ?? [])])
    expect(Object.keys(readings[0] ?? {}).filter((key) => !known.has(key))).toEqual([])
    expect(readings[0]).toMatchObject({ lat: expect.closeTo(3.649, 2), lon: expect.closeTo(98.477, 2) })
  })
})

describe('blank-spot', () => {
  test('takes the network from the buses inside the circle only, and they go on measuring', () => {
    const stop = site.busRoutes.features.find(({ properties }) => properties.id === 'tb1-08')?.geometry.coordinates
    const [lon, lat] = [Number(stop?.[0]), Number(stop?.[1])]
    const params = { lat, lon, radius: 800 }
    const moments = live({
      site,
      fleet,
      watched: of('trans-binjai-bus'),
      scenarios: play('blank-spot', { params, durationS: 600 }),
      forS: 700,
    })
    const cut = moments.filter(({ link }) => link === 'no-network')
    expect(cut.length).toBeGreaterThan(10)
    for (const moment of cut) {
      const { lat: atLat, lon: atLon } = native(moment)
      expect(Math.hypot((Number(atLat) - lat) * 111_195, (Number(atLon) - lon) * 111_000)).toBeLessThan(830)
      expect(moment.atS).toBeGreaterThanOrEqual(60)
    }
    expect(moments.some(({ link, atS }) => link === 'up' && atS > 100 && atS < 600)).toBe(true)
    expect(moments.filter(({ atS }) => atS > 665).every(({ link }) => link === 'up')).toBe(true)
  })
})

describe('power-cut', () => {
  const area = '12.75.01.1001'
  const there = fleet.filter(({ areaCode, profile }) => areaCode === area && profile !== 'trans-binjai-bus')
  const moments = live({ site, fleet, watched: fleet, scenarios: play('power-cut', { params: { area } }), forS: 600 })

  test('is told by the power meter of the kelurahan', () => {
    const meter = there.find(({ profile }) => profile === 'power-meter')?.id ?? ''
    const series = seriesOf(moments, meter).map((moment) => ({ atS: moment.atS, mains: native(moment).mains }))
    expect(series.filter(({ atS }) => atS < 60).every(({ mains }) => mains === true)).toBe(true)
    expect(series.filter(({ atS }) => atS >= 60 && atS < 300).map(({ mains }) => mains)).toContain(false)
    expect(series.filter(({ atS }) => atS >= 300).every(({ mains }) => mains === true)).toBe(true)
  })

  test('darkens what hangs on the mains there, and nothing that runs on its own', () => {
    const dark = new Set(moments.filter(({ link }) => link === 'no-power').map(({ device }) => device.id))
    const expected = there.filter(
      ({ profile }) => !['power-meter', 'waste-bin', 'rain-gauge', 'river-gauge'].includes(profile),
    )
    const reporting = expected.filter(({ profile }) => Number(findProfile(profile)?.expectedS) <= 60)
    for (const { id } of reporting) expect(dark.has(id), id).toBe(true)
    expect([...dark].filter((id) => !expected.some((device) => device.id === id))).toEqual([])
    for (const moment of moments.filter(({ link }) => link === 'no-power')) expect(moment.payload).toBeUndefined()
  })

  test('takes the network from what speaks through a link that is dark', () => {
    const link = there.find(({ profile }) => profile === 'network-link')?.id
    const children = moments.filter(({ device, atS }) => device.parentId === link && atS > 110 && atS < 290)
    expect(children.length).toBeGreaterThan(0)
    expect(children.every((moment) => moment.link !== 'up')).toBe(true)
  })

  test('lets devices start anew afterwards', () => {
    const camera = there.find(({ profile }) => profile === 'ip-camera')?.id ?? ''
    const after = seriesOf(moments, camera).filter(({ atS }) => atS >= 300)
    expect(Number(native(after[0]).uptime_s)).toBeLessThan(600)
  })

  test('of a kelurahan that does not exist is refused', () => {
    const wrong = play('power-cut', { params: { area: '99' } })
    expect(() => live({ site, fleet, watched: [], scenarios: wrong, forS: 61 })).toThrow(
      'no kelurahan has the code "99"',
    )
  })
})

describe('flood-wave', () => {
  test('brings rain first, then raises the gauges of one river from the upper to the lower', () => {
    const scenarios = play('flood-wave', { params: { river: 'mencirim' }, durationS: 1800 })
    const watched = [...of('river-gauge'), ...of('rain-gauge')]
    const moments = live({ site, fleet, watched, scenarios, forS: 2100 })
    const crestOf = (id: string) =>
      seriesOf(moments, id)
        .map((moment) => ({ atS: moment.atS, level: Number(native(moment).water_level_m) }))
        .reduce((highest, one) => (one.level > highest.level ? one : highest))
    const wave = of('river-gauge').filter(({ river }) => river?.id === 'mencirim')
    const crests = wave.map(({ id }) => crestOf(id))
    expect(crests.map(({ atS }) => atS)).toEqual(crests.map(({ atS }) => atS).sort((a, b) => a - b))
    expect(new Set(crests.map(({ atS }) => atS)).size).toBe(3)
    for (const { level } of crests) expect(level).toBeGreaterThan(3.5)
    const others = of('river-gauge').filter(({ river }) => river?.id !== 'mencirim')
    for (const { id } of others) expect(crestOf(id).level).toBeLessThan(1.2)
    const rain = moments.find(
      ({ device, payload }) => device.profile === 'rain-gauge' && payload?.includes('"rain_rate_mmh":0,') === false,
    )
    expect(Number(rain?.atS)).toBeLessThan(Number(crests[0]?.atS))
  })
})

describe('frozen-camera', () => {
  test('makes nothing look wrong but the age of the frame', () => {
    const cameras = of('ip-camera')
    const moments = live({
      site,
      fleet,
      watched: cameras,
      scenarios: play('frozen-camera', { params: { count: 3 } }),
      forS: 400,
    })
    const late = moments.filter(({ atS }) => atS > 200)
    const frozen = late.filter((moment) => Number(native(moment).frame_age_s) > 30)
    expect(new Set(frozen.map(({ device }) => device.id)).size).toBe(3)
    for (const moment of frozen) expect(Number(native(moment).fps)).toBeGreaterThan(10)
  })
})

describe('skewed-clock', () => {
  test('sets one clock five minutes fast, one as much slow, and one to 1970', () => {
    const moments = live({
      site,
      fleet,
      watched: fleet,
      scenarios: play('skewed-clock', { params: { count: 3 } }),
      forS: 700,
    })
    const skews = new Set(
      moments
        .filter(({ atS }) => atS > 60 && atS < 650)
        .map((moment) => Date.parse(native(moment).ts) - morningMs - moment.atS * 1000)
        .map((skewMs) => (skewMs < -86_400_000 ? '1970' : Math.round(skewMs / 60_000))),
    )
    expect([...skews].sort()).toEqual([-5, 0, '1970', 5])
  })
})

describe('garbage', () => {
  test('sends what is no reading, then readings again', () => {
    const watched = fleet.filter(({ profile }) => profile === 'trans-binjai-bus')
    const scenarios = play('garbage', { params: { count: 300 }, durationS: 60 })
    const moments = live({ site, fleet, watched, scenarios, forS: 180 })
    const during = moments.filter(({ atS }) => atS >= 60 && atS < 120).map(({ payload }) => payload ?? '')
    const notJson = during.filter((payload) => !isJson(payload))
    expect(notJson.length).toBeGreaterThan(during.length / 4)
    expect(during.some((payload) => payload.includes('"rusak"'))).toBe(true)
    expect(during.some((payload) => payload.includes('-99999'))).toBe(true)
    for (const moment of moments.filter(({ atS }) => atS >= 121)) expect(() => native(moment)).not.toThrow()
  })

  function isJson(text: string): boolean {
    try {
      JSON.parse(text)
      return true
    } catch {
      return false
    }
  }
})

describe('reconnect-storm', () => {
  test('takes the network from everybody for three seconds', () => {
    const watched = of('trans-binjai-bus')
    const moments = live({ site, fleet, watched, scenarios: play('reconnect-storm'), forS: 90 })
    const cut = moments.filter(({ link }) => link !== 'up').map(({ atS }) => atS)
    expect(cut.length).toBeGreaterThan(0)
    expect([Math.min(...cut) >= 60, Math.max(...cut) < 63]).toEqual([true, true])
  })
})

describe('the demo’s round', () => {
  test('names only scenarios that there are, and leaves 95 of 100 devices in order', () => {
    for (const { id } of demoSchedule) expect(findScenario(id), id).toBeDefined()
    const watched = fleet.filter(({ profile }) => Number(findProfile(profile)?.expectedS) <= 60)
    const moments = live({ site, fleet, watched, scenarios: demoSchedule, forS: 1800, seed: 3 })
    const disturbed = moments.filter((moment) => isDisturbed(moment))
    expect(disturbed.length).toBeGreaterThan(0)
    expect(disturbed.length / moments.length).toBeLessThan(0.05)
  })

  function isDisturbed({ link, payload }: Moment): boolean {
    const frozen = /"frame_age_s":(\d+)/.exec(payload ?? '')?.[1]
    return link !== 'up' || payload === undefined || !payload.endsWith('}') || Number(frozen ?? 0) > 30
  }
})

test('every scenario has an id of its own and says what its parameters mean', () => {
  expect(new Set(scenarios.map(({ id }) => id)).size).toBe(scenarios.length)
  for (const { params } of scenarios) expect(Object.values(params).every((meaning) => meaning !== '')).toBe(true)
})

test('a scenario that does not exist is refused', () => {
  expect(() => live({ site, fleet, watched: [], scenarios: play('meteor'), forS: 1 })).toThrow(
    'there is no scenario "meteor"',
  )
})

describe('a city without rivers and bus routes', async () => {
  const dry = await readSite('test/fixtures/sites/teluk')
  const dryFleet = cityFleet({ site: dry, seed: 1 })

  test('has devices of its own, all on its land, and no bus and no gauge', () => {
    const profiles = new Set(dryFleet.map(({ profile }) => profile))
    expect([profiles.has('trans-binjai-bus'), profiles.has('river-gauge')]).toEqual([false, false])
    expect(profiles.size).toBe(10)
    const stations = dryFleet.filter(({ profile }) => profile === 'weather-station').map(({ name }) => name)
    expect(stations).toEqual(['Barat', 'Tengah', 'Timur'].map((side) => `Stasiun Cuaca Teluk ${side}`))
    const areas = dry.kelurahan.features.map(({ properties }) => properties.code)
    for (const { id, areaCode } of dryFleet) expect(areas, id).toContain(areaCode)
  })

  test('lives through the round of the demo; where a river would rise it only rains', () => {
    const watched = dryFleet.filter(({ profile }) => profile === 'rain-gauge')
    const moments = live({ site: dry, fleet: dryFleet, watched, forS: 1800, scenarios: demoSchedule })
    expect(Math.max(...moments.map((moment) => Number(native(moment).rain_rate_mmh)))).toBeGreaterThan(40)
  })

  test('plays no wave down a river that it has not', () => {
    const named = play('flood-wave', { params: { river: 'bingai' } })
    expect(() =>
      live({ site: dry, fleet: dryFleet, watched: dryFleet.slice(0, 1), forS: 60, scenarios: named }),
    ).toThrow('no river has the id "bingai"')
  })
})
