import { statSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import type { QuarantineQuery } from '../../contract/ports/pipeline.ts'
import type { EventsQuery, StatesQuery, UptimeQuery } from '../../contract/ports/states.ts'
import type { CityQuery, ManualQuery, RangeQuery } from '../../contract/ports/telemetry.ts'
import { openColdFiles } from './cold/cold-files.ts'
import { readCoverage } from './coverage.ts'
import { emptyRange } from './history-join.ts'
import { buffersOf, type PackedRange, packRange } from './packed-range.ts'
import { readQuarantine } from './quarantine.ts'
import { readManual } from './sqlite/manual-table.ts'
import { createSqliteReader } from './sqlite/sqlite-reader.ts'
import { readEvents } from './states/read-events.ts'
import { readStates, readUptime, unwatchedStates, unwatchedUptime } from './states/read-states.ts'

type OtherCall =
  | { method: 'city'; query: CityQuery }
  | { method: 'latest' }
  | { method: 'manual'; query: ManualQuery }
  | { method: 'coverage' }
  | { method: 'quarantine'; query: QuarantineQuery }
  | { method: 'states'; query: StatesQuery }
  | { method: 'uptime'; query: UptimeQuery }
  | { method: 'events'; query: EventsQuery }
/** A range comes back as a PackedRange, everything else as it is. */
export type ReaderCall = OtherCall | { method: 'range'; query: RangeQuery }

export interface ReaderRequest {
  id: number
  call: ReaderCall
}

export type ReaderReply = { id: number; result: unknown } | { id: number; error: string }

/** Before ingest has run for the first time. */
function answerEmpty(call: OtherCall): unknown {
  const { method } = call
  if (method === 'states') return unwatchedStates(call.query)
  if (method === 'uptime') return unwatchedUptime(call.query)
  if (method === 'events') return { events: [] }
  if (method === 'coverage') return { wholeFromMs: null, forwardedFromMs: null, gapDays: [] }
  if (method === 'quarantine') return { rows: [], more: false }
  return []
}

/** Answers from ingest's files, opened read-only, in a thread of its own: a query of seconds stops nobody else. */
function serve(port: MessagePort, { storePath }: { storePath: string }): void {
  let db: DatabaseSync | undefined
  let inode: number | undefined
  const cold = openColdFiles(dirname(storePath))

  /** `undefined` until ingest has made its tables. */
  function open(): DatabaseSync | undefined {
    const present = statSync(storePath, { throwIfNoEntry: false })?.ino
    if (db !== undefined && present === inode) return db
    // Another file stands in its place: what the old one says is no longer true.
    db?.close()
    db = undefined
    if (present === undefined) return undefined
    const opened = new DatabaseSync(storePath, { readOnly: true, timeout: 5000 })
    const ready = opened
      .prepare(
        "SELECT count(*) AS n FROM sqlite_master WHERE name IN ('event', 'ledger', 'sealed', 'state', 'link_event')",
      )
      .get()
    if (ready?.n !== 5) {
      opened.close()
      return undefined
    }
    db = opened
    inode = present
    return db
  }

  function answer(call: OtherCall): unknown {
    const from = open()
    return from === undefined ? answerEmpty(call) : answerFrom(from, call)
  }

  function rangeFrom(query: RangeQuery): PackedRange {
    const from = open()
    return packRange(from === undefined ? emptyRange('sqlite') : createSqliteReader(from, cold).range(query))
  }

  function answerFrom(from: DatabaseSync, call: OtherCall): unknown {
    switch (call.method) {
      case 'city':
        return createSqliteReader(from, cold).city(call.query)
      case 'latest':
        return createSqliteReader(from, cold).latest()
      case 'coverage':
        return readCoverage(from)
      case 'quarantine':
        return readQuarantine(from, call.query)
      case 'manual':
        return readManual(from, call.query)
      case 'states':
        return readStates(from, call.query, Date.now())
      case 'uptime':
        return readUptime(from, call.query, Date.now())
      case 'events':
        return readEvents(from, call.query)
    }
  }

  const post = (reply: ReaderReply, changingHands: ArrayBuffer[] = []) => port.postMessage(reply, changingHands)

  port.on('message', ({ id, call }: ReaderRequest) => {
    try {
      if (call.method !== 'range') return post({ id, result: answer(call) })
      const result = rangeFrom(call.query)
      post({ id, result }, buffersOf(result))
    } catch (error) {
      post({ id, error: error instanceof Error ? error.message : String(error) })
    }
  })
}

if (parentPort !== null) serve(parentPort, workerData)
