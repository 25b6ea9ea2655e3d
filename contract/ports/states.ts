import type { DeviceState, StateCause } from '../state.ts'

/** Begin of a state. It lasts until the next change of its device. */
export interface StateChange {
  atMs: number
  state: DeviceState
  /** `null`: nothing is to be said of it, as of `online`. */
  cause: StateCause | null
}

export interface StatePeriod {
  fromMs: number
  /** Excluded. */
  toMs: number
  state: DeviceState
  cause: StateCause | null
}

/** How a state counts: `excluded` is time in which nobody expects the device to work, `unknown` time that nobody watched. */
export type UptimeClass = 'up' | 'down' | 'excluded' | 'unknown'

/** ms of each class. */
export type Uptime = Record<UptimeClass, number>

export interface StatesQuery {
  deviceId: string
  fromMs: number
  /** Excluded. */
  toMs: number
  /** Most changes that are read; more are told by `nextFromMs`. */
  limit: number
}

export interface StatesResult {
  /** They fill the span, oldest first. */
  periods: StatePeriod[]
  /** Begin of what is left where `limit` cut the answer. */
  nextFromMs?: number
}

export interface UptimeQuery {
  deviceIds: readonly string[]
  /** Bounds of the buckets, ms, ascending. */
  boundsMs: readonly number[]
}

/** Place in the list of events: all that come behind it are older. */
export interface EventPlace {
  atMs: number
  /** Orders the events of one millisecond. */
  rank: number
}

export interface EventsQuery {
  deviceId?: string | undefined
  type?: string | undefined
  fromMs: number
  /** Excluded. */
  toMs: number
  limit: number
  after?: EventPlace | undefined
}

export interface KeptEvent {
  deviceId: string
  atMs: number
  type: string
  /** As it came: JSON, or a bare word. */
  payload: string
}

export interface EventsResult {
  /** Newest first; fewer than asked where many others had to be passed over, or where they are large. */
  events: KeptEvent[]
  /** Where to go on; absent: there are no older ones. */
  next?: EventPlace
}

/** History of states and events, out of the embedded store; works while ingest is down. */
export interface StateReader {
  states(query: StatesQuery): Promise<StatesResult>
  /** Of each device, for each bucket. */
  uptime(query: UptimeQuery): Promise<Uptime[][]>
  events(query: EventsQuery): Promise<EventsResult>
}
