import type { NameBook } from '../../contract/metric-names.ts'
import type { Reading } from '../../contract/reading.ts'
import type { UnmadePart } from '../../storage/telemetry/quarantine.ts'
import { newNameBook } from '../adapters/index.ts'
import type { MessageEntry } from './channel.ts'

/** All that one message says, each part of it either a reading or refused. */
export interface ParsedEntry {
  readings: Reading[]
  refused: UnmadePart[]
  /** Keys that were left out. */
  ignored: number
}

const encoder = new TextEncoder()

/** Has a message taken apart by its format. `names`: what is known of the device's names of metrics. */
export function parseEntry(entry: MessageEntry, names: NameBook = newNameBook()): ParsedEntry {
  const refused: UnmadePart[] = []
  let ignored = 0
  const readings = entry.format.parse(entry, {
    refuse(reason, detail, part) {
      if (part === undefined) refused.push({ reason, detail, n: entry.readings, payload: entry.payload })
      else refused.push({ reason, detail, n: 1, payload: () => encoder.encode(JSON.stringify(part)) })
    },
    ignored: (_key, times = 1) => {
      ignored += times
    },
    names,
  })
  return { readings, refused, ignored }
}
