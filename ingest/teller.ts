import type { Writable } from 'node:stream'
import type { FeedLine, IngestStatus } from '../contract/feed.ts'
import type { DeviceLiveState } from './device-state.ts'
import type { KnownDevices } from './directory.ts'
import type { IngestEngine } from './engine.ts'
import { createFeedServer, snapshotLines } from './feed-server.ts'
import type { JournalSource } from './journal-source.ts'

export interface Teller {
  /** A new listener: it gets a snapshot, then what changes. */
  add(stream: Writable): void
  /** What a transaction has changed. */
  changed(devices: readonly DeviceLiveState[]): void
  /** The canary that the broker wrote at this moment has come through. */
  canary(atMs: number): void
  /** To be called every second. */
  status(): void
}

export interface TellerParts {
  engine: Pick<IngestEngine, 'ledger' | 'memories' | 'takeResults'>
  devices: Pick<KnownDevices, 'get'>
  journal: Pick<JournalSource, 'tails'>
  /** What is not the engine's own. */
  status: () => Pick<IngestStatus, 'lagMs' | 'storage'> & { store: Omit<IngestStatus['store'], 'waiting'> }
}

/** Some 500 KB at most, of devices that say as much as they may. */
const resultsPerLine = 200

/** Tells whoever listens what is known: the picture, the counters, and how we are. */
export function createTeller({ engine, devices, journal, status }: TellerParts): Teller {
  const feed = createFeedServer({ snapshot: () => [countersLine(), ...pictures(), statusLine()] })

  function pictures(): FeedLine[] {
    const known = [...engine.memories.all()].filter(({ id }) => devices.get(id) !== undefined)
    return snapshotLines(known, Date.now())
  }

  function statusLine(): FeedLine {
    const { store, ...own } = status()
    const waiting = engine.ledger.waiting()
    return {
      type: 'status',
      atMs: Date.now(),
      status: { ...own, store: { ...store, waiting }, notes: engine.ledger.notes() },
    }
  }

  function countersLine(): FeedLine {
    return { type: 'counters', atMs: Date.now(), counts: engine.ledger.counts(), tails: journal.tails() }
  }

  function tellResults(): void {
    const results = engine.takeResults()
    for (let at = 0; at < results.length; at += resultsPerLine) {
      feed.send({ type: 'command-results', atMs: Date.now(), results: results.slice(at, at + resultsPerLine) })
    }
  }

  return {
    add: feed.add,
    changed(devices) {
      feed.sendChanges(devices.map(engine.memories.liveText), Date.now())
      feed.send(countersLine())
      tellResults()
    },
    canary(atMs) {
      feed.send({ type: 'canary', atMs })
    },
    status() {
      feed.send(statusLine())
      feed.send(countersLine())
    },
  }
}
