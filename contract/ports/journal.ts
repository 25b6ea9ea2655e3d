/** What the broker puts into the journal. */
export interface JournalEntry {
  receivedAtMs: number
  /**
   * `link`: a connection came or went; the payload is a LinkChange as JSON. `release`: PUBREL, after which the packet
   * identifier belongs to another message. `canary`: nothing but the proof that entries still go all the way. `manual`: a
   * person read it by eye; the payload is flat JSON as a device would send it, with `role` and perhaps `note`.
   */
  type: 'message' | 'link' | 'release' | 'canary' | 'manual'
  /** Who spoke: device id of the connection; of a reading by hand the actor, `user:NAME`. */
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
  /**
   * What it counts for until ingest has taken it apart: 1 for a message, 0 for what is none. Doors of earlier releases
   * wrote the number of readings of an array.
   */
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

/** A place between two batches of one partition. */
export interface JournalPosition {
  /** Last batch before it, 0 at the beginning. */
  seq: number
  /** Sum of `JournalEntry.readings` since the first start, up to and with that one. */
  cum: number
}

/** Entries that were acknowledged together. */
export interface JournalBatch {
  partition: string
  seq: number
  /** Sum of `JournalEntry.readings` since the first start, up to and with this batch. */
  cum: number
  /** The same of this batch alone. */
  readings: number
  /** `undefined`: the body on disk is not what was written (CRC); what it counts for is lost and has to be counted so. */
  entries: JournalEntry[] | undefined
}

/** Bytes of the journal that are not what was written. */
export interface JournalDamage {
  partition: string
  /** The file, or whatever an engine can name, for a person to look at. */
  path: string
  error?: unknown
  /** All that can be read of it was taken, and it was set aside under this name. */
  keptAs?: string
}

/**
 * The reading side of the journal, beside its writer: in another process, or on another machine. A journal consists of
 * partitions, each with numbers, counts and an order of its own; a device's entries lie in one partition at a time. Every
 * engine passes `test/storage/conformance/journal.ts`.
 */
export interface JournalReader {
  /** Names of the partitions that may be read now; a name stands for the same entries for ever. */
  partitions(): Promise<readonly string[]>
  /**
   * Batches of a partition behind number `after`, in order, about `maxBytes` at a time. Empty: there is nothing new. A batch that
   * cannot be read is left out; the `cum` of the next tells how much is missing.
   */
  read(partition: string, after: number, maxBytes: number): Promise<JournalBatch[]>
  /**
   * Lets the journal drop what lies up to and with this batch. A hint for cleaning up: where a consumer goes on stands in its own
   * database, in one transaction with what it stored.
   */
  commit(partition: string, seq: number): Promise<void>
  /** The batch before the oldest that is still there. `undefined`: there is no such partition yet. */
  head(partition: string): Promise<JournalPosition | undefined>
  /** The newest batch. `undefined`: there is no such partition yet, or its end cannot be read. */
  tail(partition: string): Promise<JournalPosition | undefined>
  close(): Promise<void>
}

export interface JournalReaderOptions {
  /** Told once for each place that is damaged, and again when it was set aside. */
  onDamage?: (damage: JournalDamage) => void
}

export interface JournalStatus {
  /** Bytes of all segments. */
  bytes: number
  quotaBytes: number
  /** True while nothing is acknowledged because the quota or the disk is full. */
  full: boolean
  lastError: string | null
  /** The newest batch that is acknowledged, of each partition that this writer writes; `null`: not known yet. */
  tails: Record<string, JournalPosition> | null
}
