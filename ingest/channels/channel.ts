import type { JournalEntry } from '../../contract/ports/journal.ts'
import type { StoredReading } from '../../contract/ports/telemetry.ts'
import type { UnmadePart } from '../../storage/telemetry/quarantine.ts'
import type { Format, FormatMessage } from '../adapters/format.ts'
import type { KnownDevice } from '../directory.ts'

/** A message of a device, with its topic taken apart. */
export interface MessageEntry extends JournalEntry, FormatMessage {
  format: Format
}

/** Takes the outcome of one entry: each reading of it is stored, a duplicate or refused, exactly once. */
export interface Sink {
  /** The entry comes out of quarantine: it is as old as its time of arrival says, and nothing may be moved back by it. */
  readonly again: boolean
  /** Counts readings that need no store beside the embedded one: a status, an event. */
  stored(n: number): void
  /** Passes on a reading that is new in the embedded store. It counts as stored once the configured store has it. */
  forward(reading: StoredReading): void
  duplicate(n: number): void
  /** Keeps a part in quarantine. `n` 0: a note, the reading itself is taken. */
  refuse(part: UnmadePart): void
  /** Says that the store recognizes the message by itself when it is sent again. */
  recognizable(): void
}

/**
 * Handles the entries of one kind. What it changes belongs to the caller's transaction. `device` is the registered one
 * that the entry is about.
 */
export type Channel<Device = KnownDevice, Entry = MessageEntry> = (entry: Entry, device: Device, sink: Sink) => void
