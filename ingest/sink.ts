import type { JournalEntry } from '../contract/ports/journal.ts'
import type { StoredReading } from '../contract/ports/telemetry.ts'
import type { Ledger } from '../storage/telemetry/ledger.ts'
import { gatherRefusals, type Refuse } from '../storage/telemetry/quarantine.ts'
import type { Sink } from './channels/channel.ts'

export interface SinkParts {
  ledger: Ledger
  /** Passes on a reading that is new in the embedded store. */
  forward: (reading: StoredReading) => void
}

/** Opens the sink of one entry; what is refused of it goes to `pass`, joined by reason, at `end`. */
export function openSink({ ledger, forward }: SinkParts, entry: JournalEntry, again: boolean, pass: Refuse) {
  const { refuse, end } = gatherRefusals(entry, pass)
  let isRecognizable = false
  const sink: Sink = {
    again,
    stored: ledger.stored,
    forward,
    duplicate: ledger.duplicate,
    refuse,
    recognizable() {
      isRecognizable = true
    },
  }
  return { sink, end, isRecognizable: () => isRecognizable }
}
