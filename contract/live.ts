import type { Command } from './http/commands.ts'
import type { DeviceView } from './http/devices.ts'
import type { Display, DisplayReport } from './http/displays.ts'
import type { Pipeline } from './http/pipeline.ts'
import type { Problem } from './http/problem.ts'
import type { Wall } from './http/walls.ts'
import type { Kind } from './topics.ts'

/** Socket.IO namespace of the wall. */
export const wallNamespace = '/wall'

/** Only what changed since the last frame; `id` always. A key set to null was cleared. */
export type DeviceChange = Pick<DeviceView, 'id'> & Partial<Omit<DeviceView, 'id'>>

export interface Snapshot {
  /** Number of the newest delta that is in it: the next delta has one more. */
  seq: number
  /** RFC 3339, our clock. */
  at: string
  devices: DeviceView[]
}

export interface Delta {
  /** One more than the frame before; a gap means: ask `resync`. */
  seq: number
  at: string
  changes: DeviceChange[]
  /** Devices that are no longer registered. */
  removed?: string[]
}

export interface Heartbeat {
  at: string
  build: string
  /**
   * When the newest entry that came the whole way (broker, journal, ingest, store, api) had left; null: none has yet. One
   * leaves each second.
   */
  canaryAt: string | null
}

export interface Watch {
  kinds?: Kind[]
  /** [west, south, east, north] in degrees. */
  bbox?: [number, number, number, number]
}

/** Commands that changed since the last frame, as they are now; a command that changed twice stands in it once. */
export interface CommandChanges {
  at: string
  commands: Command[]
}
/** What a client hears of its `watch`, if it takes an acknowledgement. */
export type WatchAnswer = { ok: true } | Problem

export interface ServerToWall {
  snapshot: (frame: Snapshot) => void
  /** A client that takes an acknowledgement callback gets its next frame only after it; one that does not gets them all. */
  delta: (frame: Delta, ack?: () => void) => void
  pipeline: (pipeline: Pipeline) => void
  heartbeat: (beat: Heartbeat) => void
  /** The displays, also this one. */
  displays: (displays: Display[]) => void
  /** All walls of the city; once at the beginning, and whenever one is changed. */
  walls: (walls: Wall[]) => void
  /** For the roles of the console only. */
  commands: (frame: CommandChanges) => void
}

export interface WallToServer {
  resync: () => void
  /** What is wrong is answered and changes nothing. */
  watch: (filter: Watch, answer?: (said: WatchAnswer) => void) => void
  /** Heard from a display only. */
  report: (report: DisplayReport) => void
}

/** At most one delta in this time; the newest value of each device. */
export const deltaEveryMs = 250
/** At most one frame of commands in this time, with so many of them; the others come with the next. */
export const commandsEveryMs = 250
export const maxCommandsAtOnce = 20
export const heartbeatEveryMs = 1000
export const pipelineEveryMs = 2000
export const displaysEveryMs = 2000
export const reportEveryMs = 5000
/** Silence after which a page must say that it has lost us. */
export const heartbeatLostMs = 2500
