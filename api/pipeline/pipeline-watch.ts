import type { FeedLine, IngestStatus } from '../../contract/feed.ts'
import type { Pipeline } from '../../contract/http/pipeline.ts'
import type { BrokerControl, BrokerStatus } from '../../contract/ports/control.ts'
import type { PipelineReader } from '../../contract/ports/pipeline.ts'
import type { TlsSource, TlsStatus } from '../../contract/ports/tls.ts'

/** What is known of the way from the door to the store. */
export interface PipelineWatch {
  applyFeed(line: FeedLine): void
  feedConnected(up: boolean): void
  read(): Promise<Pipeline>
  /** `undefined`: it does not answer. */
  broker(): Promise<BrokerStatus | undefined>
  ingest(): { up: boolean; status: IngestStatus | undefined }
  /** `undefined`: no certificate is set. */
  tls(): TlsStatus | undefined
}

export interface PipelineWatchParts {
  reader: PipelineReader
  brokerControl: BrokerControl
  tls: TlsSource | undefined
  /** Plain HTTP listens beyond loopback. */
  open: boolean
  now: () => number
}

/** A part that takes longer than this to answer does not answer. */
const answerWithinMs = 1500

const silentBroker: BrokerStatus = {
  connected: 0,
  refused: {},
  refusedClients: [],
  journal: { bytes: 0, quotaBytes: 0, full: false, lastError: null },
  open: false,
  mqtt: null,
  tls: null,
}

export function createPipelineWatch(parts: PipelineWatchParts): PipelineWatch {
  const { reader, brokerControl, now, open } = parts
  let heard: { atMs: number; status: IngestStatus } | undefined
  let ingestUp = false
  let lastBroker = silentBroker

  async function broker(): Promise<BrokerStatus | undefined> {
    const status = await within(answerWithinMs, brokerControl.status()).catch(() => undefined)
    if (status !== undefined) lastBroker = status
    return status
  }

  /** While ingest says nothing, what waits grows older. */
  function lagMs(waiting: number): number {
    if (heard === undefined) return 0
    if (ingestUp || waiting === 0) return heard.status.lagMs
    return heard.status.lagMs + Math.max(0, now() - heard.atMs)
  }

  /** Both processes read the same files; what either of them cannot use is told. */
  function tls(): TlsStatus | undefined {
    const own = parts.tls?.status()
    return own === undefined ? undefined : { ...own, fault: own.fault ?? lastBroker.tls?.fault ?? null }
  }

  return {
    applyFeed(line) {
      if (line.type === 'status') heard = { atMs: now(), status: line.status }
    },
    feedConnected(up) {
      ingestUp = up
    },
    async read() {
      const [counters, status] = await Promise.all([reader.counters(), broker()])
      const { connected, refusedClients: _, tls: _tls, ...rest } = status ?? lastBroker
      return {
        ...counters,
        lagMs: lagMs(counters.waiting),
        store: storeOf(heard?.status, ingestUp),
        storage: heard?.status.storage ?? null,
        notes: { ...heard?.status.notes },
        broker: { up: status !== undefined, connected: status === undefined ? 0 : connected, ...rest },
        ingest: { up: ingestUp },
        api: { open },
        certificate: certificateOf(tls()),
      }
    },
    broker,
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

function certificateOf(tls: TlsStatus | undefined): Pipeline['certificate'] {
  if (tls === undefined) return null
  const { notAfterMs, caNotAfterMs, fault } = tls
  const caNotAfter = caNotAfterMs === null ? null : new Date(caNotAfterMs).toISOString()
  return { notAfter: new Date(notAfterMs).toISOString(), caNotAfter, fault: fault?.detail ?? null }
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
