import type { Logger } from 'pino'
import type { LonLat, Site } from '../contract/site/schema.ts'
import type { FleetDevice } from './fleet-device.ts'
import { createRandom } from './random.ts'
import type { Conditions, Effect, EffectMoment, Scenario, ScheduledScenario, SimulatedLink } from './scenario.ts'
import { findScenario } from './scenarios/index.ts'

/** What happens to one device at one moment, all running scenarios taken together. */
export interface Fate {
  conditions: Conditions
  link: SimulatedLink
  clockMs: number
  effects: readonly Playing[]
}

interface Playing {
  id: string
  effect: Effect
  startMs: number
  endMs: number
}

export interface Director {
  /** Starts and ends what is due. */
  advance: (nowMs: number) => void
  /** Whether anything is happening to anybody. */
  playing: () => readonly Playing[]
  fateOf: (device: FleetDevice, nowMs: number, position: LonLat) => Fate
}

interface Booking {
  scenario: Scenario
  booked: ScheduledScenario
  nextMs: number
}

/**
 * Plays scenarios at their times and says in the log what it plays. Throws RangeError for a scenario or a parameter
 * that does not exist.
 */
export function createDirector({
  scheduled,
  site,
  fleet,
  seed,
  startMs,
  weather,
  log,
}: {
  scheduled: readonly ScheduledScenario[]
  site: Site
  fleet: readonly FleetDevice[]
  seed: number
  startMs: number
  weather: (nowMs: number, position: LonLat) => number
  log: Logger
}): Director {
  const random = createRandom(seed, 'scenarios')
  // A parameter that names nothing is to be told now, not in the middle of the play.
  const rehearse = (scenario: Scenario, { params = {}, durationS = scenario.durationS }: ScheduledScenario) => {
    const stranger = Object.keys(params).find((name) => !Object.hasOwn(scenario.params, name))
    if (stranger !== undefined) throw new RangeError(`${scenario.id} has no parameter "${stranger}"`)
    scenario.begin({ site, fleet, random: createRandom(seed, 'rehearsal'), params, durationS })
  }
  const bookings = scheduled.map((booked): Booking => {
    const scenario = findScenario(booked.id)
    if (scenario === undefined) throw new RangeError(`there is no scenario "${booked.id}"`)
    rehearse(scenario, booked)
    return { scenario, booked, nextMs: startMs + booked.atS * 1000 }
  })
  const byId = new Map(fleet.map((device) => [device.id, device]))
  let playing: Playing[] = []

  function begin({ scenario, booked, nextMs }: Booking): Playing {
    const durationS = booked.durationS ?? scenario.durationS
    const effect = scenario.begin({ site, fleet, random, params: booked.params ?? {}, durationS })
    log.info({ scenario: scenario.id, durationS, devices: effect.devices.size }, effect.story)
    return { id: scenario.id, effect, startMs: nextMs, endMs: nextMs + durationS * 1000 }
  }

  function ownLink(device: FleetDevice, nowMs: number, position: LonLat): SimulatedLink {
    let link: SimulatedLink = 'up'
    for (const { effect, startMs } of playing) {
      if (effect.link === undefined || !effect.devices.has(device.id)) continue
      link = worse(link, effect.link(device, momentOf(startMs, nowMs, position)))
    }
    return link
  }

  /** Behind a link that is away there is no network, whatever took the link. */
  function linkOf(device: FleetDevice, nowMs: number, position: LonLat): SimulatedLink {
    const own = ownLink(device, nowMs, position)
    const parent = device.parentId === null ? undefined : byId.get(device.parentId)
    if (own !== 'up' || parent === undefined) return own
    return linkOf(parent, nowMs, [parent.lon, parent.lat]) === 'up' ? 'up' : 'no-network'
  }

  return {
    playing: () => playing,
    advance(nowMs) {
      const over = playing.filter(({ endMs }) => endMs <= nowMs)
      playing = playing.filter(({ endMs }) => endMs > nowMs)
      for (const { id } of over) log.info({ scenario: id }, `${id} is over`)
      for (const booking of bookings) {
        if (booking.nextMs > nowMs) continue
        playing = [...playing, begin(booking)]
        const { everyS } = booking.booked
        booking.nextMs = everyS === undefined ? Number.POSITIVE_INFINITY : booking.nextMs + everyS * 1000
      }
    },
    fateOf(device, nowMs, position) {
      const effects = playing.filter(({ effect }) => effect.devices.has(device.id))
      const fate = {
        conditions: { rainMmh: weather(nowMs, position), flood: 0, mains: true },
        link: playing.length === 0 ? ('up' as const) : linkOf(device, nowMs, position),
        clockMs: nowMs,
        effects,
      }
      for (const { effect, startMs } of effects) {
        const moment = momentOf(startMs, nowMs, position)
        fate.conditions = effect.conditions?.(device, moment, fate.conditions) ?? fate.conditions
        fate.clockMs = effect.clock?.(device, moment) ?? fate.clockMs
      }
      return fate
    },
  }
}

export function momentOf(startMs: number, nowMs: number, position: LonLat): EffectMoment {
  return { nowMs, elapsedS: (nowMs - startMs) / 1000, position }
}

const order: readonly SimulatedLink[] = ['up', 'no-network', 'no-power']

function worse(one: SimulatedLink, other: SimulatedLink): SimulatedLink {
  return order.indexOf(one) >= order.indexOf(other) ? one : other
}
