import type { Logger } from 'pino'
import { busRoutes, busStops, type Site } from '../contract/site/schema.ts'
import { createTimetable, type Timetable } from './bus-movement.ts'
import { type Calendar, createCalendar } from './calendar.ts'
import {
  type ConnectionGround,
  type Counters,
  createDeviceConnection,
  type DeviceConnection,
} from './device-connection.ts'
import { createDeviceModel, type DeviceModel } from './device-model.ts'
import { createDirector, type Director } from './director.ts'
import type { FleetDevice } from './fleet-device.ts'
import { createLocalClock } from './local-time.ts'
import { createRandom } from './random.ts'
import type { ScheduledScenario } from './scenario.ts'
import { readSite } from './site-folder.ts'
import { createWeather } from './weather.ts'

export interface SimulatorStats extends Counters {
  devices: number
  /** Readings not acknowledged yet. */
  inFlight: number
}

export interface RunningSimulator {
  stats: () => SimulatorStats
  /** Every device says goodbye, within three seconds. */
  close: () => Promise<void>
}

export interface SimulatorOptions {
  /** mqtt:// or mqtts:// */
  url: string
  fleet: readonly FleetDevice[]
  /** Key of each device; one without connects anonymously. */
  keys?: ReadonlyMap<string, string>
  /** Readings a second of each device, instead of its profile's interval. */
  rate?: number
  seed: number
  scenarios?: readonly ScheduledScenario[]
  topicRoot: string
  log: Logger
  /** Folder of the city that the fleet belongs to. */
  siteDir: string
  /** Whose hours the city lives by; the site's own when absent. */
  timeZone?: string
}

const tickMs = 20
const networkCheckMs = 1000
/** Connections begun per second while the fleet comes up. */
const connectsPerS = 1000
/** Every device has reported once by then, however long its interval is. */
const firstReportWithinMs = 12_000
/** What hears of a power cut says so within this time. */
const noticeWithinMs = 2000

interface SimulatedDevice {
  model: DeviceModel
  connection: DeviceConnection
}

/** Connects a fleet and lets it live, each device a real MQTT client. Throws for a site or scenario that is not there. */
export async function startSimulator(options: SimulatorOptions): Promise<RunningSimulator> {
  const { fleet, seed, log } = options
  const site = await readSite(options.siteDir)
  const startMs = Date.now()
  const localTime = createLocalClock(options.timeZone ?? site.info.timeZone)
  const weather = createWeather({ seed, site, localTime })
  const scheduled = options.scenarios ?? []
  const director = createDirector({ scheduled, site, fleet, seed, startMs, weather, log })
  const calendar = createCalendar(startMs)
  const counters: Counters = {
    connected: 0,
    measured: 0,
    published: 0,
    resent: 0,
    acknowledged: 0,
    dropped: 0,
    failed: 0,
  }
  const ground: ConnectionGround = {
    url: options.url,
    topicRoot: options.topicRoot,
    now: Date.now,
    at: calendar.at,
    counters,
    failed: createFailureLog(log),
  }
  const timetables = createTimetables(site, seed)
  const devices = fleet.map((device): SimulatedDevice => {
    const timetable = timetables(device)
    const model = createDeviceModel({ device, seed, rate: options.rate, startMs, timetable, director, localTime })
    const random = createRandom(seed, device.id, 'network')
    const connection = createDeviceConnection({ device, key: options.keys?.get(device.id), random }, ground)
    return { model, connection }
  })
  director.advance(startMs)
  begin({ devices, calendar, director, seed, startMs })
  const timer = setInterval(() => calendar.advance(Date.now()), tickMs)
  return {
    stats: () => ({
      devices: devices.length,
      ...counters,
      inFlight: devices.reduce((sum, { connection }) => sum + connection.waiting(), 0),
    }),
    async close() {
      clearInterval(timer)
      calendar.clear()
      await Promise.all(devices.map(({ connection }) => connection.close()))
    },
  }
}

/** Puts everything that repeats into the calendar: connecting, reporting, looking after scenarios and the network. */
function begin({
  devices,
  calendar,
  director,
  seed,
  startMs,
}: {
  devices: readonly SimulatedDevice[]
  calendar: Calendar
  director: Director
  seed: number
  startMs: number
}): void {
  const report = ({ model, connection }: SimulatedDevice, dueMs: number) => {
    const payload = model.report(dueMs)
    if (payload !== undefined) connection.send(payload)
  }
  const keepReporting = (one: SimulatedDevice, dueMs: number) => {
    calendar.at(dueMs, () => {
      report(one, dueMs)
      keepReporting(one, one.model.nextReportMs(Math.max(dueMs, Date.now() - one.model.intervalMs)))
    })
  }
  const noticing = new Set<SimulatedDevice>()
  const look = (one: SimulatedDevice, nowMs: number) => {
    const fate = one.model.fateOf(nowMs)
    one.connection.setNetwork(fate.link === 'up')
    if (!one.model.noticesMains(fate) || noticing.has(one)) return
    noticing.add(one)
    const noticeMs = nowMs + noticeWithinMs * createRandom(seed, one.model.device.id, 'mains')()
    calendar.at(noticeMs, () => {
      noticing.delete(one)
      report(one, noticeMs)
    })
  }
  const lookAfter = (dueMs: number, wasPlaying: boolean) => {
    calendar.at(dueMs, () => {
      const nowMs = Date.now()
      director.advance(nowMs)
      const isPlaying = director.playing().length > 0
      if (isPlaying || wasPlaying) for (const one of devices) look(one, nowMs)
      lookAfter(nowMs + networkCheckMs, isPlaying)
    })
  }
  for (const [index, one] of devices.entries()) {
    const random = createRandom(seed, one.model.device.id, 'start')
    const connectMs = startMs + (index * 1000) / connectsPerS
    const firstMs = connectMs + random() * Math.min(one.model.intervalMs, firstReportWithinMs)
    calendar.at(connectMs, () => one.connection.setNetwork(one.model.fateOf(Date.now()).link === 'up'))
    keepReporting(one, firstMs)
  }
  lookAfter(startMs + (devices.length * 1000) / connectsPerS + networkCheckMs, true)
}

/** Looks up a bus's timetable; those of one route share it, with a cruising speed of the route's own. */
function createTimetables(site: Site, seed: number): (device: FleetDevice) => Timetable | undefined {
  const known = new Map(
    busRoutes(site).map((route) => {
      const { id } = route.properties
      const cruiseKmh = 28 + 12 * createRandom(seed, 'route', id)()
      return [id, createTimetable({ route, stops: busStops(site, id), cruiseKmh })]
    }),
  )
  return ({ route }) => (route === undefined ? undefined : known.get(route.id))
}

const failuresLoggedPerS = 1

/** A fleet that cannot connect fails thousands of times for one reason: at most one line a second, with the number. */
function createFailureLog(log: Logger): (deviceId: string, error: Error) => void {
  let silentUntilMs = 0
  let unsaid = 0
  return (deviceId, error) => {
    unsaid += 1
    const nowMs = Date.now()
    if (nowMs < silentUntilMs) return
    log.warn({ deviceId, failures: unsaid }, `cannot connect: ${error.message}`)
    silentUntilMs = nowMs + 1000 / failuresLoggedPerS
    unsaid = 0
  }
}
