import type { Metrics } from '../contract/reading.ts'
import type { LonLat, Site } from '../contract/site/schema.ts'
import type { FleetDevice } from './fleet-device.ts'
import type { Random } from './random.ts'

/** What the place of a device is like. */
export interface Conditions {
  rainMmh: number
  flood: number
  mains: boolean
}

/** `no-network`: it goes on measuring and keeps its readings. `no-power`: it is dark, and goes without goodbye. */
export type SimulatedLink = 'up' | 'no-network' | 'no-power'

export interface EffectMoment {
  nowMs: number
  /** Since the scenario began. */
  elapsedS: number
  /** Where the device is now. */
  position: LonLat
}

/** What a scenario does to the devices it concerns, while it lasts. Absent: nothing. */
export interface Effect {
  /** What is happening and where, one sentence for the log. */
  story: string
  devices: ReadonlySet<string>
  conditions?: (device: FleetDevice, moment: EffectMoment, conditions: Conditions) => Conditions
  link?: (device: FleetDevice, moment: EffectMoment) => SimulatedLink
  /** Connected, but it reports nothing. Asked once a report. */
  mute?: (device: FleetDevice, moment: EffectMoment) => boolean
  /** What the device's own clock says, ms since 1970. */
  clock?: (device: FleetDevice, moment: EffectMoment) => number
  distort?: (device: FleetDevice, moment: EffectMoment, metrics: Metrics) => Metrics
  /** The bytes it sends in place of its reading. */
  corrupt?: (device: FleetDevice, moment: EffectMoment, payload: string) => string
}

/** Numbers and words that narrow a scenario down: `{ river: 'bingai' }`, `{ area: '12.75.02.1003' }`. */
export type ScenarioParams = Record<string, string | number | undefined>

export interface ScenarioStage {
  site: Site
  fleet: readonly FleetDevice[]
  random: Random
  params: ScenarioParams
  durationS: number
}

export interface Scenario {
  id: string
  /** How long it lasts unless it is told otherwise. */
  durationS: number
  /** Parameters it knows, each with what it means. */
  params: Record<string, string>
  /** Chooses whom it concerns. Throws RangeError for a parameter that names nothing. */
  begin: (stage: ScenarioStage) => Effect
}

export interface ScheduledScenario {
  /** Id of a scenario. */
  id: string
  /** Seconds after the simulator's start. */
  atS: number
  /** Again and again after so many seconds. */
  everyS?: number
  durationS?: number
  params?: ScenarioParams
}

export function ids(devices: readonly FleetDevice[]): ReadonlySet<string> {
  return new Set(devices.map(({ id }) => id))
}

/** A parameter as a number. Throws RangeError for anything else. */
export function numberParam(params: ScenarioParams, name: string, otherwise: number): number {
  const given = Number(params[name] ?? otherwise)
  if (!Number.isFinite(given)) throw new RangeError(`${name} must be a number, not "${params[name]}"`)
  return given
}
