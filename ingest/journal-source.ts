import type { Logger } from 'pino'
import type { JournalTails } from '../contract/feed.ts'
import type { JournalBatch, JournalReader } from '../contract/ports/journal.ts'
import type { IngestEngine } from './engine.ts'

/** The journal's partitions, each read from where the ledger says. */
export interface JournalSource {
  /** What is new, about `maxBytes` of it over all partitions. `isCurrent`: no partition was found to be another one since. */
  readNew(maxBytes: number): Promise<{ batches: JournalBatch[]; isCurrent: () => boolean }>
  /** The database is a new one: what the journal dropped before is not told as lost. */
  startAtHead(): Promise<void>
  /** Reads a partition from its beginning that is not the one that was read before; tells the journal how far all were read. */
  follow(): Promise<void>
  /** Where partitions ended when {@link follow} last looked. */
  tails(): JournalTails
  close(): Promise<void>
}

export interface JournalSourceParts {
  journal: JournalReader
  engine: Pick<IngestEngine, 'ledger' | 'resetPosition'>
  /** Resolves when what the ledger said at the call would outlive a power cut. */
  synced: () => Promise<void>
  log: Logger
}

export function createJournalSource({ journal, engine, synced, log }: JournalSourceParts): JournalSource {
  let resets = 0
  const tails = new Map<string, number>()
  const committed = new Map<string, number>()
  let committing: Promise<void> | undefined

  function reset(...[partition, to]: Parameters<IngestEngine['resetPosition']>): void {
    engine.resetPosition(partition, to)
    resets += 1
  }

  /** Numbers go on for ever: a partition that ends before the position is another one. */
  async function resetReplaced(partition: string): Promise<void> {
    const { seq } = engine.ledger.position(partition)
    const tail = await journal.tail(partition)
    if (tail === undefined) tails.delete(partition)
    else tails.set(partition, tail.cum)
    const head = (tail?.seq ?? seq) < seq ? await journal.head(partition) : undefined
    if (head === undefined) return
    const place = { partition, seq, head }
    log.error(place, 'the journal is not the one that was read before; it is read from its beginning')
    reset(partition, head)
  }

  /** Tells the journal what it may drop: only what would not have to be read again after a power cut. */
  async function commitRead(): Promise<void> {
    const partitions = await journal.partitions()
    const read = partitions.map((partition) => ({ partition, seq: engine.ledger.position(partition).seq }))
    const fresh = read.filter(({ partition, seq }) => committed.get(partition) !== seq)
    if (fresh.length === 0) return
    await synced()
    for (const { partition, seq } of fresh) {
      await journal.commit(partition, seq)
      committed.set(partition, seq)
    }
  }

  /** One at a time: a slow disk is not given a second sync to wait for. */
  function commitAll(): Promise<void> {
    committing ??= commitRead().finally(() => {
      committing = undefined
    })
    return committing
  }

  return {
    async readNew(maxBytes) {
      const before = resets
      const partitions = await journal.partitions()
      const batches: JournalBatch[] = []
      for (const partition of partitions) {
        const { seq } = engine.ledger.position(partition)
        batches.push(...(await journal.read(partition, seq, maxBytes / partitions.length)))
      }
      return { batches, isCurrent: () => resets === before }
    },
    async startAtHead() {
      for (const partition of await journal.partitions()) {
        const head = await journal.head(partition)
        if (head !== undefined) reset(partition, head)
      }
    },
    async follow() {
      for (const partition of await journal.partitions()) await resetReplaced(partition)
      await commitAll()
    },
    tails: () => Object.fromEntries(tails),
    async close() {
      await committing
      await commitAll()
      await journal.close()
    },
  }
}
