import type { FeedLine, PipelineCounters } from './feed.ts'
import type { Aggregation } from './metrics.ts'
import type { Kind } from './topics.ts'

/** Ports between the roles. Each has one implementation for one machine; another may put Redis or PostgreSQL behind it. */

export type Engine = 'sqlite' | 'influx1' | 'influx2'

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
export const mostRangePoints = 400_000

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
  /** Where to go on when `limit` or `mostRangePoints` cut the answer; with buckets it is the beginning of one. */
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
export interface Refusal {
  index: number
  /** Only this value: the rest of the reading is stored. */
  metric?: string
  detail: string
}

/** Thrown when nothing is known to be stored: the caller keeps the batch and tries again. */
export class StoreUnavailableError extends Error {
  readonly code = 'store-unavailable'
  readonly retryAfterMs: number | undefined
  constructor(message: string, options: ErrorOptions & { retryAfterMs?: number } = {}) {
    super(message, options)
    this.retryAfterMs = options.retryAfterMs
  }
}

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
}

/**
 * A store of readings. Every engine passes `test/storage/conformance/telemetry-store.ts`.
 * `write` is idempotent: the same key again merges metric by metric, the newer value of the same metric wins.
 */
export interface TelemetryStore extends TelemetryReader {
  /** Which one it is, without secrets: what was written to another place is not here. */
  readonly place: string
  /** Resolves when all but the refused are durable. Throws StoreUnavailableError when that is not known. */
  write(readings: readonly StoredReading[]): Promise<Refusal[]>
  /** Forgets readings older than this moment, as far as the engine can. */
  dropBefore(ms: number): Promise<void>
  health(): Promise<{ up: boolean; detail?: string }>
  close(): Promise<void>
}

/** What the broker puts into the journal. */
export interface JournalEntry {
  receivedAtMs: number
  /**
   * `link`: a connection came or went; the payload is a LinkChange as JSON. `release`: PUBREL, after which the packet
   * identifier belongs to another message. `canary`: nothing but the proof that entries still go all the way.
   */
  type: 'message' | 'link' | 'release' | 'canary'
  /** Who spoke: device id of the connection. */
  principal: string
  topic: string
  payload: Uint8Array
  qos: 0 | 1 | 2
  /** MQTT's DUP: the sender is not sure that we took it the first time. */
  dup: boolean
  /** MQTT's packet identifier, 1 to 65535, of a message of QoS 1 or 2 and of a release; absent or 0: it has none. */
  packetId?: number | undefined
  /** Said for the device by the broker when its connection broke. */
  will?: boolean | undefined
  /** Readings in it, as counted at the door; 0 for what is no message. */
  readings: number
}

export interface LinkChange {
  /** `duplicate`: two clients fight over the device's key, until `duplicate-over`. */
  event: 'connected' | 'disconnected' | 'broker-started' | 'duplicate' | 'duplicate-over'
  /** Why it went: `client` (DISCONNECT), `keepalive`, `revoked`, `taken-over`, `broker-closed`, `error: …`, `socket-closed`. */
  reason?: string
  address?: string
  /** CRC-32 of the client id: whether it is the client of the connection before. */
  client?: number
  /** `kept`: the session of the connection before goes on, with the packet identifiers that are under way in it. */
  session?: 'new' | 'kept'
}

/** The broker's side of the journal. */
export interface JournalWriter {
  /** Calls back, in the order of the calls, once the entry is on disk; with an error if it will not be. */
  append(entry: JournalEntry, done: (error?: Error) => void): void
  status(): JournalStatus
  close(): Promise<void>
}

export interface JournalStatus {
  /** Bytes of all segments. */
  bytes: number
  quotaBytes: number
  /** True while nothing is acknowledged because the quota or the disk is full. */
  full: boolean
  lastError: string | null
}

/** How a device shows who it is. */
export type Proof = 'key' | 'certificate'

/** Who may connect, as the broker asks. */
export interface DeviceCredential {
  deviceId: string
  kind: Kind
  proof: Proof
  /** Which key or certificates: number of the change that made them good. */
  revision: number
  /** Number of the device's registration or last revocation: what is kept of an earlier time is not this device's. */
  since: number
}

/** What a certificate that has been checked says of its holder. */
export interface CertificateClaim {
  deviceId: string
  /** When it was issued, by its own words, ms since 1970. */
  notBeforeMs: number
}

/** `ended`: the device has other keys now. `revoked`: everything that it had until then was taken away, or it was removed. */
export type Standing = 'good' | 'ended' | 'revoked'

export interface CredentialStore {
  /** The credential if it is the device's key, or its key before within the overlap; `undefined` otherwise, in equal time. */
  verify(deviceId: string, key: Uint8Array): Promise<DeviceCredential | undefined>
  /** The credential, or why the device may not sign in with this certificate. */
  verifyCertificate(claim: CertificateClaim): Promise<DeviceCredential | 'unknown-device' | 'revoked'>
  /** How credentials that were given stand now; one that is not good may not stay connected. */
  judge(credentials: readonly DeviceCredential[]): Promise<Map<DeviceCredential, Standing>>
  /**
   * Calls back soon (< 300 ms) after any device was changed, by whichever process, and within about a second after a key
   * has ended by itself. Returns a way to stop.
   */
  watch(onChange: () => void): () => void
}

/** A device showed who it is. */
export interface SignIn {
  deviceId: string
  proof: Proof
  revision: number
  atMs: number
}

/** How far a report of sign-ins has been kept. */
export interface SignInsSeen {
  /** Of the broker's process that numbered them. */
  boot: string
  upTo: number
}

export interface SignInReport extends SignInsSeen {
  signIns: SignIn[]
}

/** What ingest must know of a device. */
export interface RegisteredDevice {
  id: string
  kind: Kind
  profile: string
  name: string
  lat: number | null
  lon: number | null
  /** Kemendagri code of its kelurahan, or null. */
  areaCode: string | null
  parentId: string | null
  opd: string | null
  /** Overrides the profile's interval. */
  expectedS: number | null
  disabled: boolean
  simulated: boolean
}

export interface DeviceDirectory {
  list(): Promise<RegisteredDevice[]>
  watch(onChange: () => void): () => void
}

/**
 * Ingest's live feed as the api sees it: reconnects by itself, begins with a snapshot each time. Its lines come a little
 * at a time; it is `connected` when the last one of the snapshot has been handed on, and not before.
 */
export interface LiveFeed {
  subscribe(listener: { line: (line: FeedLine) => void; connected: (up: boolean) => void }): () => void
}

export interface QuarantineRow {
  id: number
  atMs: number
  topic: string
  deviceId: string | null
  reason: string
  detail: string
  readings: number
  payload: Uint8Array
  retriedAtMs: number | null
}

export interface QuarantineQuery {
  reason?: string
  limit: number
  /** Only ids below. */
  beforeId?: number
}

/** Newest first; fewer than asked where their payloads are large. */
export interface QuarantinePage {
  rows: QuarantineRow[]
  more: boolean
}

export interface RetryResult {
  outcome: 'stored' | 'duplicate' | 'rejected'
  reason: string | null
}

/** What ingest left on disk, read by the api; works while ingest is down. */
export interface PipelineReader {
  counters(): Promise<PipelineCounters>
  quarantine(query: QuarantineQuery): Promise<QuarantinePage>
}

export interface IngestControl {
  /** `undefined`: no such row, or it was taken already. Throws while ingest is down. */
  retry(quarantineId: number): Promise<RetryResult | undefined>
}

/** Who was refused at the door, or held back, and how often for this reason; text of strangers is made harmless. */
export interface RefusedClient {
  reason: string
  /** Device id, or the user name that was claimed; empty where none was. */
  userName: string
  clientId: string
  address: string
  count: number
  lastAtMs: number
}

/** What a TLS server is made of, as PEM. */
export interface TlsMaterial {
  cert: string
  key: string
  /** Authorities of client certificates. */
  ca: string | undefined
}

/** Why TLS files cannot be used. */
export interface TlsFault {
  /** For everybody: names no file. */
  kind: 'a file cannot be read' | 'a file holds no usable certificate' | 'they do not belong together' | 'not valid now'
  /** For whoever runs the system: which file, and what is wrong with it. */
  detail: string
}

export interface TlsStatus {
  /** First end of a certificate in the server's chain, ms since 1970. */
  notAfterMs: number
  /** First end of an authority of client certificates. */
  caNotAfterMs: number | null
  /** Why newer files are not used; those from before are. */
  fault: TlsFault | null
}

/** TLS files that may be replaced while a server uses them. */
export interface TlsSource {
  current(): TlsMaterial
  /** Calls back with each later set that can be used. Returns a way to stop. */
  watch(onChange: (material: TlsMaterial) => void): () => void
  status(): TlsStatus
}

/** What a device has to know besides the host. */
export interface MqttDoor {
  port: number
  /** `null`: no certificate is set. */
  tlsPort: number | null
  topicRoot: string
}

export interface BrokerStatus {
  connected: number
  /** By reason, since the broker started. */
  refused: Record<string, number>
  /** Newest first, at most 200. */
  refusedClients: RefusedClient[]
  journal: JournalStatus
  /** Plain MQTT listens beyond loopback. */
  open: boolean
  /** Where devices come in; `null`: it does not listen yet. */
  mqtt: MqttDoor | null
  /** `null`: no certificate is set. */
  tls: TlsStatus | null
}

export interface BrokerControl {
  /** `undefined` while the broker is down. */
  status(): Promise<BrokerStatus | undefined>
  /** Who signed in with what since then; `undefined` while the broker is down. */
  signIns(seen: SignInsSeen | undefined): Promise<SignInReport | undefined>
  /** Puts an entry that says nothing into the journal; resolves once it is on disk, rejects when it will not be. */
  canary(): Promise<void>
  /** Hands an HTTP upgrade for `/mqtt` on to the broker; the arguments of Node's `upgrade` event. */
  upgrade(request: unknown, socket: unknown, head: unknown): void
}
