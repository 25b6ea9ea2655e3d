import { pino } from 'pino'
import { z } from 'zod'
import { busRoutes, busStops, type Site } from '../../contract/site/schema.ts'
import { createTimetable } from '../../firmware-sim/bus-movement.ts'
import { createDeviceModel } from '../../firmware-sim/device-model.ts'
import { createDirector } from '../../firmware-sim/director.ts'
import type { FleetDevice } from '../../firmware-sim/fleet-device.ts'
import { createLocalClock } from '../../firmware-sim/local-time.ts'
import type { ScheduledScenario, SimulatedLink } from '../../firmware-sim/scenario.ts'
import { createWeather } from '../../firmware-sim/weather.ts'

/** Saturday 2026-11-21, 08.00 in Binjai. */
export const morningMs = Date.UTC(2026, 10, 21, 1)

export const quiet = pino({ level: 'silent' })

const nativeSchema = z.looseObject({
  ts: z.string(),
  seq: z.number(),
  lat: z.number().optional(),
  lon: z.number().optional(),
})

export interface Moment {
  atS: number
  device: FleetDevice
  link: SimulatedLink
  payload: string | undefined
}

/** Lets devices live through some time with no network at all, and gives what each of them would publish. */
export function live({
  site,
  fleet,
  watched,
  scenarios = [],
  forS,
  seed = 1,
  weather,
}: {
  site: Site
  fleet: readonly FleetDevice[]
  watched: readonly FleetDevice[]
  scenarios?: readonly ScheduledScenario[]
  forS: number
  seed?: number
  /** Dry unless the real weather is asked for. */
  weather?: 'real'
}): Moment[] {
  const localTime = createLocalClock(site.info.timeZone)
  const real = createWeather({ seed, site, localTime })
  const director = createDirector({
    scheduled: scenarios,
    site,
    fleet,
    seed,
    startMs: morningMs,
    weather: weather === 'real' ? real : () => 0,
    log: quiet,
  })
  const models = watched.map((device) => {
    const route = busRoutes(site).find(({ properties }) => properties.id === device.route?.id)
    const timetable =
      route === undefined
        ? undefined
        : createTimetable({ route, stops: busStops(site, route.properties.id), cruiseKmh: 30 })
    return createDeviceModel({ device, seed, startMs: morningMs, timetable, director, localTime })
  })
  const due = new Map(models.map((model) => [model, model.nextReportMs(morningMs)]))
  const moments: Moment[] = []
  for (let atS = 0; atS < forS; atS += 1) {
    const nowMs = morningMs + atS * 1000
    director.advance(nowMs)
    for (const model of models) {
      if ((due.get(model) ?? 0) > nowMs) continue
      due.set(model, model.nextReportMs(nowMs))
      const { link } = model.fateOf(nowMs)
      moments.push({ atS, device: model.device, link, payload: model.report(nowMs) })
    }
  }
  return moments
}

/** A payload that is a native reading, taken apart. */
export function native(moment: Moment | undefined) {
  return nativeSchema.parse(JSON.parse(moment?.payload ?? ''))
}
