import type { DatabaseSync } from 'node:sqlite'
import type { EventPlace, EventsQuery, EventsResult } from '../../../contract/ports/states.ts'

/** Events that one question passes over on its way to those that it asks for. */
const maxPassed = 20_000
/** Of the payloads of one answer. */
const maxBytes = 1024 * 1024

const selectFrom = (table: string, rank: string, deviceId: string | undefined) => `
  SELECT device, at, type, payload, ${rank} AS rank FROM ${table}
  WHERE at >= $from AND at < $to AND at <= $at AND (at < $at OR ${rank} < $rank)
  ${deviceId === undefined ? '' : 'AND device = $device'}
`

/** What devices told and what became of their connections, as one list: their numbers are even and odd ranks. */
const listOf = (deviceId: string | undefined) => `
  ${selectFrom('event', 'id * 2', deviceId)} UNION ALL ${selectFrom('link_event', 'id * 2 + 1', deviceId)}
  ORDER BY at DESC, rank DESC
`

/** Events, newest first. */
export function readEvents(db: DatabaseSync, query: EventsQuery): EventsResult {
  const { type, limit } = query
  const events: EventsResult['events'] = []
  let place: EventPlace | undefined
  let passed = 0
  let bytes = 0
  for (const { rank, ...event } of eventRows(db, query)) {
    const isFull = events.length === limit || passed === maxPassed || bytes >= maxBytes
    if (isFull && place !== undefined) return { events, next: place }
    passed += 1
    place = { atMs: event.atMs, rank }
    if (type !== undefined && event.type !== type) continue
    bytes += event.payload.length
    events.push(event)
  }
  return { events }
}

function* eventRows(db: DatabaseSync, { deviceId, fromMs, toMs, after }: EventsQuery) {
  const { atMs = toMs, rank = Number.MAX_SAFE_INTEGER } = after ?? {}
  const device = deviceId === undefined ? {} : { device: deviceId }
  const rows = db.prepare(listOf(deviceId)).iterate({ from: fromMs, to: toMs, at: atMs, rank, ...device })
  for (const row of rows) {
    yield {
      deviceId: String(row.device),
      atMs: Number(row.at),
      type: String(row.type),
      // Written as bytes by ingest.
      payload: Buffer.from(row.payload as Uint8Array).toString(),
      rank: Number(row.rank),
    }
  }
}
