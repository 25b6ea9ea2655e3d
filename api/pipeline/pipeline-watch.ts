import type { FeedLine, IngestStatus, JournalTails, LedgerCounts, PipelineCounters } from '../../contract/feed.ts'
import type { Pipeline } from '../../contract/http/pipeline.ts'
import type { BrokerControl, BrokerStatus, ServicesStatus } from '../../contract/ports/control.ts'
import type { TlsSource, TlsStatus } from '../../contract/ports/tls.ts'
import { iso } from '../../contract/time.ts'
import { pipelineCounters } from '../../domain/pipeline-counters.ts'

/** What is known of the way from the door to the store. */
export interface PipelineWatch {
  applyFeed(line: FeedLine): void
  feedConnected(up: boolean): void
  read(): Promise<Pipeline>
  /** `undefined`: it does not answer. */
  broker(): Promise<BrokerStatus | undefined>
  /** Who listens over MQTT, as the broker said last; nobody while it is away. */
  services(): ServicesStatus
  /** Where devices come in, as the broker said last; `null` until it has. Asks for the next time where it has not. */
  mqtt(): BrokerStatus['mqtt']
  ingest(): { up: boolean; status: IngestStatus | undefined }
  /** `undefined`: no certificate is set. */
  tls(): TlsStatus | undefined
}

export interface PipelineWatchParts {
  brokerControl: BrokerControl
  tls: TlsSource | undefined
  /** Plain HTTP listens beyond loopback. */
  open: boolean
  now: () => number
}

/** Ingest says each second how it is; one that has not for so long is held up, perhaps for good. */
const saysWithinMs = 2500
/** A part that takes longer than this to answer does not answer. */
const answerWithinMs = 1500

const silentBroker: BrokerStatus = {
  connected: 0,
  refused: {},
  refusedClients: [],
  services: { connections: [], totals: [], states: 'off' },
  journal: { bytes: 0, quotaBytes: 0, full: false, lastError: null, tails: null },
  open: false,
  mqtt: null,
  tls: null,
}

/** Nobody has said anything yet: no number, and not zero. */
const unknownCounters = { received: null, stored: null, duplicates: null, rejected: null, waiting: null }
type UnknownCounters = typeof unknownCounters

export function createPipelineWatch(parts: PipelineWatchParts): PipelineWatch {
  const { brokerControl, now, open } = parts
  let heard: { atMs: number; status: IngestStatus } | undefined
  let told: { atMs: number; counts: LedgerCounts; tails: JournalTails } | undefined
  let ingestUp = false
  let lastBroker = silentBroker
  let isBrokerUp = false

  async function broker(): Promise<BrokerStatus | undefined> {
    const status = await within(answerWithinMs, brokerControl.status()).catch(() => undefined)
    if (status !== undefined) lastBroker = status
    isBrokerUp = status !== undefined
    return status
  }

  /**
   * Where the journal ends. The broker knows it of what it writes, to the last acknowledgement; while it is away nothing is
   * appended, and ingest sees each second where the end is.
   */
  function tails(answered: BrokerStatus | undefined): JournalTails {
    const seen = told?.tails ?? {}
    const written = Object.entries((answered ?? lastBroker).journal.tails ?? {}).map(([name, { cum }]) => [name, cum])
    if (answered === undefined && ingestUp) return seen
    return { ...seen, ...Object.fromEntries(written) }
  }

  function counters(answered: BrokerStatus | undefined): PipelineCounters | UnknownCounters {
    return told === undefined ? unknownCounters : pipelineCounters(told.counts, tails(answered))
  }

  /** While ingest says nothing, what waits grows older. */
  function lagMs(waiting: number | null): number | null {
    if (heard === undefined) return null
    const silentMs = Math.max(0, now() - heard.atMs)
    const says = ingestUp && silentMs < saysWithinMs
    return says || waiting === 0 ? heard.status.lagMs : heard.status.lagMs + silentMs
  }

  /** Both processes read the same files; what either of them cannot use is told. */
  function tls(): TlsStatus | undefined {
    const own = parts.tls?.status()
    return own === undefined ? undefined : { ...own, fault: own.fault ?? lastBroker.tls?.fault ?? null }
  }

  return {
    applyFeed(line) {
      if (line.type === 'status') heard = { atMs: now(), status: line.status }
      if (line.type === 'counters') told = line
    },
    feedConnected(up) {
      ingestUp = up
    },
    async read() {
      const status = await broker()
      const { connected, refusedClients: _, tls: _tls, journal, services, ...rest } = status ?? lastBroker
      const { tails: _tails, ...journalStatus } = journal
      const counted = counters(status)
      return {
        ...counted,
        lagMs: lagMs(counted.waiting),
        store: storeOf(heard?.status, ingestUp),
        storage: heard?.status.storage ?? null,
        notes: { ...heard?.status.notes },
        broker: {
          up: status !== undefined,
          connected: status === undefined ? 0 : connected,
          ...rest,
          services: servicesOf(services, status !== undefined),
          journal: journalStatus,
        },
        ingest: { up: ingestUp, countedAt: told === undefined ? null : iso(told.atMs) },
        api: { open },
        certificate: certificateOf(tls()),
      }
    },
    broker,
    services: () => (isBrokerUp ? lastBroker.services : { ...lastBroker.services, connections: [] }),
    mqtt() {
      if (lastBroker.mqtt === null) void broker()
      return lastBroker.mqtt
    },
    tls,
    ingest: () => ({ up: ingestUp, status: heard?.status }),
  }
}

/**
 * Without the configured store's own words: what it answers to a reading that it cannot take may quote it, and a wall
 * gets no payload in any field. Our own words stay.
 */
export function forWall(pipeline: Pipeline): Pipeline {
  return pipeline.ingest.up ? { ...pipeline, store: { ...pipeline.store, detail: null } } : pipeline
}

/** For everybody who sees a wall: how many, and how they fare; not who. */
function servicesOf({ connections, totals, states }: ServicesStatus, isUp: boolean): Pipeline['broker']['services'] {
  const sum = (counts: number[]) => counts.reduce((all, count) => all + count, 0)
  return {
    connections: isUp ? connections.length : 0,
    delivered: sum(totals.map(({ delivered }) => delivered)),
    dropped: sum(totals.map(({ dropped }) => dropped)),
    waitingBytes: isUp ? sum(connections.map(({ waitingBytes }) => waitingBytes)) : 0,
    states: isUp ? states : 'off',
  }
}

function certificateOf(tls: TlsStatus | undefined): Pipeline['certificate'] {
  if (tls === undefined) return null
  const { notAfterMs, caNotAfterMs, fault } = tls
  const caNotAfter = iso(caNotAfterMs)
  return { notAfter: iso(notAfterMs), caNotAfter, fault: fault?.detail ?? null }
}

/** Ingest alone writes the store; when it is gone nobody can say that the store works. */
function storeOf(status: IngestStatus | undefined, ingestUp: boolean): Pipeline['store'] {
  if (status === undefined) return { engine: 'unknown', up: false, detail: 'ingest has not reported', waiting: 0 }
  if (ingestUp) return status.store
  return { ...status.store, up: false, detail: 'ingest does not answer' }
}

async function within<T>(ms: number, promise: Promise<T>): Promise<T> {
  const { promise: tooLate, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error(`no answer within ${ms} ms`)), ms)
  try {
    return await Promise.race([promise, tooLate])
  } finally {
    clearTimeout(timer)
  }
}
