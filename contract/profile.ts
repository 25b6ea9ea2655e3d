import type { CommandSpecs } from './command.ts'
import type { MetricName } from './metrics.ts'
import type { Metrics } from './reading.ts'
import type { Kind } from './topics.ts'

/** Fill and shape of a device on the map; one mark per subject, so that colour is never the only difference. */
export type Marker = 'arrow' | 'square' | 'drop' | 'disc' | 'diamond' | 'bar' | 'triangle' | 'hexagon'

/** What the simulated city is like at this moment, as one device of it feels it. */
export interface SimulatedMoment {
  nowMs: number
  /** Hour of the local day, 0 to 24 with fraction. */
  hour: number
  /** Saturday or Sunday, in local time. */
  weekend: boolean
  /** Seconds since this device's last reading. */
  elapsedS: number
  /** Uniform in [0, 1), seeded per device: the same seed gives the same day. */
  random: () => number
  /** Rain over this place now, mm/h. */
  rainMmh: number
  /** Rise of this place's river above its dry level, 0 (dry) to 1 (the worst flood on record). */
  flood: number
  /** False while the simulated power of this place is cut. */
  mains: boolean
}

/** A simulated device's memory between two readings (odometer, tank level, last picture). */
export type SimulatedMemory = Record<string, number>

export interface Profile {
  /** The profile's id, `kebab-case`; also the name of its file. */
  id: string
  kind: Kind
  label: { id: string; en: string }
  marker: Marker
  /** Its position changes: drawn as a mover, and not to be believed for more than 90 s. */
  moving: boolean
  /** Declared reporting interval, s. The registry may override it for one device. */
  expectedS: number
  /** Metrics it may send, most telling first: the first is the one that tiles and labels show. */
  metrics: readonly MetricName[]
  /** When it stands still though it sends: a metric past a limit, or the same values so many times in a row. */
  frozen?: { metric: MetricName; above: number } | { same: readonly MetricName[]; times: number }
  /** What its devices can be told, beside what all devices can: `commandsOf`. */
  commands?: CommandSpecs
  /** What it measures at a moment, for firmware-sim. Position comes from the fleet, not from here. */
  simulate: (moment: SimulatedMoment, memory: SimulatedMemory) => Metrics
  /** Telemetry payloads: documentation and test at once. */
  examples: {
    accepted: readonly { payload: unknown; metrics: Metrics }[]
    refused: readonly { payload: unknown; reason: string }[]
  }
}
