import { setImmediate, setTimeout } from 'node:timers/promises'
import type { JournalEntry } from '../contract/ports/journal.ts'
import type { Attempts } from './attempts.ts'
import type { DeviceLiveState } from './device-state.ts'
import type { KnownDevices } from './directory.ts'
import type { IngestEngine } from './engine.ts'
import { entryDevice } from './entry-device.ts'
import type { JournalSource } from './journal-source.ts'

export interface Intake {
  /** Takes in until it is stopped. Whatever a step throws is thrown here. */
  run(): Promise<void>
  stop(): void
  /** How long what was taken last had waited, ms; 0 when nothing waits. */
  lagMs(): number
}

export interface IntakeParts {
  journal: Pick<JournalSource, 'readNew'>
  engine: Pick<IngestEngine, 'processBatches'>
  devices: Pick<KnownDevices, 'get' | 'require'>
  attempts: Attempts
  /** A transaction has been written, with these entries; these devices changed their picture. */
  processed(changed: readonly DeviceLiveState[], entries: readonly JournalEntry[]): void
}

/** About so much is taken in by one transaction. */
export const readBytes = 1024 * 1024
/** A read that brought less than this is worth waiting for company: a transaction costs more than what is in it. */
const smallRead = 64 * 1024
const lingerMs = 15
/** A quiet city: a transaction would hold one or two messages, and nobody waits behind it. */
const quietRead = 4 * 1024
const quietLingerMs = 40
const idleMs = 20

/** Takes in what the journal brings, one transaction after the other. */
export function createIntake({ journal, engine, devices, attempts, processed }: IntakeParts): Intake {
  let lagMs = 0
  let stopped = false

  /** Who is not known yet may have been registered since. */
  async function loadStrangers(entries: readonly JournalEntry[]): Promise<void> {
    const strangers = new Map(
      entries.flatMap((entry) => {
        const id = entryDevice(entry)
        return entry.type !== 'canary' && devices.get(id) === undefined ? [[id, entry.receivedAtMs]] : []
      }),
    )
    for (const [id, heardAtMs] of strangers) await devices.require(id, heardAtMs)
  }

  /** Takes in what is new; returns about how many bytes that was. */
  async function processNew(): Promise<number> {
    const { batches, isCurrent } = await journal.readNew(readBytes)
    const entries = batches.flatMap((batch) => batch.entries ?? [])
    await loadStrangers(entries)
    if (stopped || !isCurrent()) return 0
    if (batches.length === 0) {
      attempts.passed(0)
      return 0
    }
    const bytes = entries.reduce((sum, { payload }) => sum + payload.length, 1)
    const changed = engine.processBatches(batches)
    lagMs = Math.max(0, Date.now() - (entries[0]?.receivedAtMs ?? Date.now()))
    processed(changed, entries)
    attempts.passed(bytes)
    return bytes
  }

  return {
    async run() {
      // Whoever started us hears first that we run: from then on it notices within seconds if we do not.
      await setImmediate()
      while (!stopped) {
        const bytes = await processNew()
        if (bytes === 0) lagMs = 0
        await pauseAfter(bytes)
      }
    },
    stop() {
      stopped = true
    },
    lagMs: () => lagMs,
  }
}

/** A large read is followed by the next at once, a small one waits for company, and so does nothing at all. */
function pauseAfter(bytes: number): Promise<void> {
  if (bytes > smallRead) return setImmediate()
  if (bytes === 0) return setTimeout(idleMs)
  return setTimeout(bytes < quietRead ? quietLingerMs : lingerMs)
}
