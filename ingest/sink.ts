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

/** What became of the readings of one message. */
export interface Outcome {
  /** Stored, or on the way to the configured store. */
  stored: number
  duplicates: number
  refused: number
  /** All of them. */
  readings: number
  /** The store recognizes the message by itself when it is sent again. */
  recognizable: boolean
}

/** Opens the sink of one entry. `close` passes on what was refused of it, joined by reason, and tells the outcome. */
export function openSink({ ledger, forward }: SinkParts, entry: JournalEntry, again: boolean, pass: Refuse) {
  const refusals = gatherRefusals(entry, pass)
  const outcome: Outcome = { stored: 0, duplicates: 0, refused: 0, readings: 0, recognizable: false }
  const sink: Sink = {
    again,
    stored(n) {
      outcome.stored += n
      ledger.stored(n)
    },
    forward(reading) {
      outcome.stored += 1
      forward(reading)
    },
    duplicate(n) {
      outcome.duplicates += n
      ledger.duplicate(n)
    },
    refuse(part) {
      outcome.refused += part.n
      refusals.refuse(part)
    },
    recognizable() {
      outcome.recognizable = true
    },
  }
  function close(): Outcome {
    // What rightly says nothing was taken, too.
    if (outcome.stored + outcome.duplicates + outcome.refused === 0) sink.stored(entry.readings)
    outcome.readings = outcome.stored + outcome.duplicates + outcome.refused
    refusals.end(outcome.readings)
    return outcome
  }
  return { sink, close }
}
