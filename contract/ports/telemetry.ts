import type { Aggregation } from '../metrics.ts'
import type { Role } from '../roles.ts'
import type { DeviceState, StateCause } from '../state.ts'
import type { Kind } from '../topics.ts'

/** Ports between the roles. Each has one implementation for one machine; another may put Redis or PostgreSQL behind it. */

/** `influx`: InfluxDB that has never answered, so that nobody knows which. */
export type Engine = 'sqlite' | 'influx1' | 'influx2' | 'influx'

/** A reading as every store keeps it: stamped, numbers only. (deviceId, tsMs) is its key. */
export interface StoredReading {
  deviceId: string
  kind: Kind
  profile: string
  /** Kemendagri code of the kecamatan it stands in, or null. */
  areaCode: string | null
  tsMs: number
  receivedAtMs: number
  /** `server`: the device's time was absent or wrong and ours was taken. */
  tsSource: 'device' | 'server'
  simulated: boolean
  lat?: number
  lon?: number
  /** Finite numbers; booleans as 1 and 0. */
  metrics: Record<string, number>
}

/** Device of a change or an event, as every store keeps it. */
type HistoryTags = Pick<StoredReading, 'deviceId' | 'kind' | 'profile' | 'areaCode' | 'simulated'>

/** Begin of a state of a device. (deviceId, atMs) is its key. */
export interface StoredState extends HistoryTags {
  atMs: number
  state: DeviceState
  cause: StateCause | null
}

/** Something that a device told, or that became of its connection. (deviceId, atMs, nth) is its key. */
export interface StoredEvent extends HistoryTags {
  /** Our clock. */
  atMs: number
  /** Counts the events of the device that came in the same millisecond. */
  nth: number
  type: string
  /** As it came. */
  payload: string
}

/** A reading that a person took by eye. */
export interface ManualReading {
  /** When it was read, as the person says. No two of a device have the same. */
  atMs: number
  /** Our clock when it was accepted. */
  receivedAtMs: number
  /** User name. */
  author: string
  /** The role that the author had. */
  role: Role
  /** Finite numbers; booleans as 1 and 0. */
  metrics: Record<string, number>
  note: string | null
}

/** The same with its device. (deviceId, atMs) is its key. */
export interface StoredManual extends HistoryTags, ManualReading {}

export interface StoredHistory {
  states: StoredState[]
  events: StoredEvent[]
  /** Absent: none. */
  manual?: StoredManual[]
}

export interface ManualQuery {
  deviceId: string
  /** Included. */
  fromMs: number
  /** Excluded. */
  toMs: number
}

/** [ms since 1970 UTC, value] */
export type Point = [ms: number, value: number]

export type Position = [ms: number, lat: number, lon: number]

export interface RangeQuery {
  deviceId: string
  profile: string
  /** Included. */
  fromMs: number
  /** Excluded. */
  toMs: number
  /** Only these; all when absent. */
  metrics?: readonly string[]
  /** Bucket width. Buckets begin at multiples of it since 1970 UTC. Absent: the points as they are. */
  everyMs?: number
  /** With `everyMs`; `mean` when absent. */
  aggregate?: Aggregation
  /** Most rows (moments) of raw points; more are told by `nextFromMs`. */
  limit: number
}

/**
 * Points of one answer, raw or in buckets, about 30 MB of them: then it ends before the next moment or bucket, with
 * `nextFromMs`. What one moment holds stays together, so that an answer may have a moment's points more.
 */
export const maxRangePoints = 400_000

/** Who answered a question about the past; both where each knew something that the other did not. */
export const answeringEngines = ['sqlite', 'influx1', 'influx2', 'sqlite+influx1', 'sqlite+influx2'] as const

export type AnsweringEngine = (typeof answeringEngines)[number]

/**
 * Why readings of a span may be missing from an answer. `let-go`: past retention or budget, or lost with a damaged file, and
 * in no other store. `not-forwarded`: as before, since the configured store refused some of that day or was not sent them.
 * `store-down`: only the configured store has them, and it does not answer.
 */
export const missingReasons = ['let-go', 'not-forwarded', 'store-down'] as const

export interface MissingSpan {
  fromMs: number
  toMs: number
  reason: (typeof missingReasons)[number]
}

export interface RangeResult {
  engine: AnsweringEngine
  metrics: Record<string, Point[]>
  positions: Position[]
  /** Where to go on when `limit` or `maxRangePoints` cut the answer; with buckets it is the beginning of one. */
  nextFromMs?: number
  /** Spans of which there were readings that are not in this answer; absent: there are none. */
  missing?: MissingSpan[]
}

export interface CityQuery {
  profile: string
  metric: string
  fromMs: number
  toMs: number
  everyMs: number
}

/** One bucket of one kecamatan over all devices of a profile. */
export interface CityBucket {
  ms: number
  areaCode: string | null
  n: number
  sum: number
  min: number
  max: number
}

/** One reading that the store will never take, or one metric of it, with the store's own words. */
export interface StoreRefusal {
  index: number
  /** Only this value: the rest of the reading is stored. */
  metric?: string
  detail: string
}

/** Thrown when nothing is known to be stored: the caller keeps the batch and tries again. */
export class StoreUnavailableError extends Error {
  readonly code = 'store-unavailable'
  readonly retryAfterMs: number | undefined
  /** What a person has to mend; `undefined`: it may pass by itself. */
  readonly fault: StoreFault | undefined
  constructor(message: string, options: ErrorOptions & { retryAfterMs?: number; fault?: StoreFault } = {}) {
    super(message, options)
    this.retryAfterMs = options.retryAfterMs
    this.fault = options.fault
  }
}

/**
 * What is wrong with a configured store until somebody changes something at it or in the settings. `login`: it does not
 * know who asks. `…-right`: it does, and lets him not. `create-right`: not make the database or bucket that is missing.
 * `organisation`: nobody can tell which one is meant. `server`: what answers is no such store.
 */
export const storeFaults = ['login', 'write-right', 'read-right', 'create-right', 'organisation', 'server'] as const

export type StoreFault = (typeof storeFaults)[number]

/** Thrown at opening: what answers is not what the settings say, and never will be. The message says what to set. */
export class WrongServerError extends Error {
  readonly code = 'wrong-server'
}

/** What a history page reads. */
export interface TelemetryReader {
  readonly engine: Engine
  range(query: RangeQuery): Promise<RangeResult>
  city(query: CityQuery): Promise<CityBucket[]>
  /** Newest reading of each device, its metrics of that moment. */
  latest(): Promise<StoredReading[]>
  /** Readings by hand of a span, oldest first; they are in none of the other answers. */
  manual(query: ManualQuery): Promise<ManualReading[]>
}

/** A place that readings go to, as a store found it. */
export interface PlaceFound {
  /** Which one it is, without secrets: what was written to another place is not here. */
  place: string
  /** `false`: what was written to a place of this name is not here any more; `undefined`: nobody can say. */
  holdsMark?: boolean | undefined
  /** How long it keeps what it has, ms; 0: for ever; absent: nobody can say. */
  keepsMs?: number | undefined
  /** Readings are taken, and something else does not work. */
  warning?: { fault: StoreFault; detail: string } | undefined
}

/**
 * A store of readings. Every engine passes `test/storage/conformance/telemetry-store.ts`.
 * `write` is idempotent: the same key again merges metric by metric, the newer value of the same metric wins.
 */
export interface TelemetryStore extends TelemetryReader {
  /** Where the settings say that it is, without secrets. */
  readonly target: string
  /**
   * Makes at the server what is missing, and finds out which place it is; absent: it is always the target. Throws
   * StoreUnavailableError, with `fault` where a person has to mend something.
   */
  confirm?(mark: string | undefined): Promise<PlaceFound>
  /** Leaves a mark, by which `confirm` knows the place again. Throws StoreUnavailableError. */
  mark?(mark: string): Promise<void>
  /** Resolves when all but the refused are durable. Throws StoreUnavailableError when that is not known. */
  write(readings: readonly StoredReading[]): Promise<StoreRefusal[]>
  /**
   * Keeps states, events and readings by hand; absent: it keeps none. What the store refuses is left out, and returned in its own words. Throws
   * StoreUnavailableError as `write` does, and is idempotent like it.
   */
  writeHistory?(history: StoredHistory): Promise<string[]>
  /** Forgets readings older than this moment, as far as the engine can. */
  dropBefore(ms: number): Promise<void>
  health(): Promise<{ up: boolean; detail?: string }>
  close(): Promise<void>
}
