import type { CommandOutcome } from './command-result.ts'
import type { StoreFault } from './ports/telemetry.ts'
import type { DeviceStatus, Metrics } from './reading.ts'
import type { Role } from './roles.ts'
import type { LinkState } from './state.ts'
import type { ToldState } from './told-state.ts'
import type { Kind } from './topics.ts'

/** What ingest knows of a device at present; the api adds the registry's part and works out the state. */
export interface LiveDevice {
  id: string
  /** Newest measurement, device clock (ours where `tsSource` is `server`). */
  measuredAtMs: number | null
  receivedAtMs: number | null
  tsSource: 'device' | 'server'
  /** It named a time that cannot be; ours stands in its place. */
  clockWrong: boolean
  lat: number | null
  lon: number | null
  positionAtMs: number | null
  /** Newest value of each metric; a partial update keeps the earlier ones. */
  metrics: Metrics
  /** Times of those metrics that are older than `measuredAtMs`. */
  olderMs: Record<string, number>
  link: { state: LinkState; sinceMs: number; reason: string | null }
  /** Two clients fight over its key at present. */
  duplicate: boolean
  /** Its connection comes and goes; until then it says nothing of the device. `null`: it does not. */
  flappingUntilMs: number | null
  status: DeviceStatus | null
  /** The device's own words. They stay out of its view: a wall that everybody sees gets none of what devices write. */
  statusReason: string | null
  frozen: boolean
  /**
   * receivedAt - ts, ms, smoothed, of the newest reading of each message; positive: the device's time is behind. Late
   * messages tell only where no others come. `null`: it named no time so far.
   */
  skewMs: number | null
  /** Metrics last found outside their physical range, or with a value that is none; `position` for a place that cannot be. */
  faults: string[]
  /** The newest reading by hand; it touches nothing else here. `null`: none was entered. */
  manual: LiveManual | null
}

/** A reading that a person took by eye, as the feed tells it. */
export interface LiveManual {
  /** When it was read, as the person says. */
  atMs: number
  /** Role of its author: the name stays out of what everybody sees. */
  role: Role
  metrics: Metrics
}

/**
 * Counters since the first start, in readings. Always `received = stored + duplicates + sum(rejected) + waiting`. A message
 * counts as one reading until ingest has taken it apart: in the journal, and for good where it is refused as a whole
 * (unreadable, of an unknown device). So `received` grows when it comes, and again by what else it holds.
 */
export interface PipelineCounters {
  /** Never goes back. */
  received: number
  stored: number
  duplicates: number
  rejected: Record<string, number>
  /** In the journal or on the way to the configured store. */
  waiting: number
}

/** What became of the readings that ingest has taken out of the journal, at one moment. */
export interface LedgerCounts {
  stored: number
  duplicates: number
  rejected: Record<string, number>
  /** On the way to the configured store. */
  outbox: number
  /** Readings of messages beyond what the journal, or quarantine, had counted for them. */
  extra: number
  /** How far each partition of the journal was taken in. */
  partitions: PartitionCounts[]
}

export interface PartitionCounts {
  partition: string
  /** `cum` of partitions of this name that are gone, less what the present one had counted before ingest came to it. */
  base: number
  /** `JournalPosition.cum` of the last batch that was taken in. */
  cum: number
}

/** `JournalPosition.cum` of the newest batch of each partition, by the partition's name, as far as they are known. */
export type JournalTails = Record<string, number>

/** Things that were mended or set aside without losing the reading; no part of the balance. */
export interface PipelineNotes {
  late: number
  clockFixed: number
  serverStamped: number
  implausibleValues: number
  /** Values under a name that was one too many for its device. */
  namelessValues: number
  /** Of the wrong type, or under a key of which no name can be made. */
  unusableValues: number
  ignoredFields: number
  /** States, events and readings by hand that the configured store did not get: refused, or dropped for want of room in the outbox. */
  unforwardedHistory: number
}

/** What was let go, since the first start. */
export interface DroppedCount {
  class: 'telemetry' | 'event'
  /** `retention`: older than is kept; `budget`: no more room. */
  cause: 'retention' | 'budget'
  days: number
  /** Readings or events. */
  points: number
}

/** Room on the disk, and what became of past days. */
export interface StorageStatus {
  /** Bytes in use of the hot database. */
  hotBytes: number
  /** Bytes of all cold files. */
  coldBytes: number
  budgetBytes: number | null
  /** Nothing more may be let go, and it is still too much. */
  overBudget: boolean
  /** Free on the disk of the data folder. */
  freeBytes: number
  /** Less is free than the floor that was set. */
  low: boolean
  outbox: { bytes: number; quotaBytes: number }
  sealed: { days: number; points: number }
  /** Sealed days whose file is damaged or gone. */
  missingDays: number
  /** Damaged files that were put aside and lie in the store's folder. */
  damagedFiles: string[]
  /** What last went wrong with sealing, since the start. */
  fault: string | null
  dropped: DroppedCount[]
}

export interface IngestStatus {
  lagMs: number
  storage: StorageStatus
  /** `fault`: what a person has to mend; absent: nothing. */
  store: { engine: string; up: boolean; detail: string | null; fault?: StoreFault; waiting: number }
  notes: PipelineNotes
}

/** What a device said became of a command; nobody has asked yet whether it was told that command. */
export interface CommandResult extends CommandOutcome {
  deviceId: string
  /** When it came, our clock. */
  atMs: number
}

/** Lines of ingest's live feed (newline-delimited JSON over a local socket). */
export type FeedLine =
  | { type: 'snapshot'; atMs: number; devices: LiveDevice[]; left: number }
  /** `left`: lines that follow of the snapshot to which it belongs; absent: it belongs to none. */
  | { type: 'changes'; atMs: number; devices: LiveDevice[]; left?: number }
  | { type: 'status'; atMs: number; status: IngestStatus }
  /** After each transaction, behind what it changed, and first of all to a new listener. */
  | { type: 'counters'; atMs: number; counts: LedgerCounts; tails: JournalTails }
  /** Answers that are stored now; those from before a listener came stand among the events. */
  | { type: 'command-results'; atMs: number; results: CommandResult[] }
  /** A canary has come through and what stood before it in the journal is stored; the broker took it at `atMs`. */
  | { type: 'canary'; atMs: number }

/**
 * Lines of ingest's stream of states, for `{root}/{kind}/{id}/state`: all devices between `begin` and `end`, then what changes, of
 * a device at most once a second. `clock`: the journal was read up to this moment; once a second.
 */
export type StateLine =
  | { type: 'begin' }
  | { type: 'state'; kind: Kind; id: string; atMs: number; told: ToldState }
  | { type: 'gone'; kind: Kind; id: string }
  | { type: 'end' }
  | { type: 'clock'; atMs: number }
