import type { JournalBatch, JournalEntry } from '../contract/ports/journal.ts'
import type { Ledger } from '../storage/telemetry/ledger.ts'
import type { Attempts } from './attempts.ts'
import type { DeviceLiveState } from './device-state.ts'
import { entryDevice } from './entry-device.ts'
import type { MessagePipeline } from './pipeline.ts'
import type { DeviceHistory } from './states/device-history.ts'

export interface Batches {
  /** Takes one in, within the caller's transaction; the devices whose picture has already been written. */
  process(batch: JournalBatch): DeviceLiveState[]
  /** The entry that is being taken says something of this device. */
  heard(device: DeviceLiveState): void
  /** Judges the states of those that were heard since the last time. */
  judgeHeard(): void
}

export interface BatchesParts {
  ledger: Ledger
  history: DeviceHistory
  pipeline: MessagePipeline
  attempts: Attempts
  /** Writes what the entries since the last time have changed. */
  flush: () => DeviceLiveState[]
}

/** Takes journal batches in, entry by entry, and accounts for what is missing between them. */
export function createBatches({ ledger, history, pipeline, attempts, flush }: BatchesParts): Batches {
  const heard = new Set<DeviceLiveState>()

  function judgeHeard(): void {
    if (heard.size === 0) return
    history.heard(heard)
    heard.clear()
  }

  function setAside(entry: JournalEntry, detail: string): void {
    const { receivedAtMs: atMs, topic, readings: n, payload } = entry
    ledger.reject({ atMs, topic, deviceId: entryDevice(entry) || null, reason: 'ingest-ended', detail, n, payload })
  }

  /** Where the writing is what a process ended in, each entry is written by itself, so that it is known which it was. */
  function processEntry(entry: JournalEntry, batch: JournalBatch, index: number): DeviceLiveState[] {
    const untried = attempts.begin(batch, index, entry)
    history.advance(entry)
    if (untried === undefined) pipeline.process(entry)
    else setAside(entry, untried)
    judgeHeard()
    return attempts.writesEach(batch) ? flush() : []
  }

  return {
    heard(device) {
      heard.add(device)
    },
    judgeHeard,
    process(batch) {
      const { partition, seq, cum, readings, entries } = batch
      const before = ledger.position(partition)
      // A gap between two batches is bytes of the journal that are no longer there.
      const missing = cum - readings - before.cum
      if (missing > 0) ledger.lost('journal-damaged', missing)
      // Its end was damaged, and the writer could not know how far it had counted.
      if (missing < 0) ledger.resetPosition(partition, { seq: before.seq, cum: cum - readings })
      if (entries === undefined) ledger.lost('journal-damaged', readings)
      const written = (entries ?? []).flatMap((entry, index) => processEntry(entry, batch, index))
      ledger.advance(partition, { seq, cum })
      return written
    },
  }
}
