import type { DatabaseSync } from 'node:sqlite'
import type { StateChange, StatesQuery, StatesResult, Uptime, UptimeQuery } from '../../../contract/ports/states.ts'
import { periodsOf, uptimeOf } from '../../../domain/state-history.ts'
import { causeOfNumber, stateOfNumber } from './state-codes.ts'

/** Time up to which changes of state are known when everything runs: the journal says something at least so often. */
export const longestSilenceMs = 10_000

/** Periods of one device; `nowMs` is our clock. */
export function readStates(db: DatabaseSync, query: StatesQuery, nowMs: number): StatesResult {
  const { fromMs, toMs, limit } = query
  const changes = changesReader(db)(query)
  const cut = changes.length > limit ? changes.pop() : undefined
  const periods = periodsOf(changes, {
    fromMs,
    toMs: cut === undefined ? toMs : Math.max(fromMs, cut.atMs),
    knownUntilMs: knownUntilMs(db, nowMs),
  })
  return cut === undefined ? { periods } : { periods, nextFromMs: cut.atMs }
}

/** Uptime of each device by bucket. */
export function readUptime(db: DatabaseSync, { deviceIds, boundsMs }: UptimeQuery, nowMs: number): Uptime[][] {
  const span = { fromMs: boundsMs[0] ?? 0, toMs: boundsMs.at(-1) ?? 0 }
  const asked = { ...span, knownUntilMs: knownUntilMs(db, nowMs) }
  const changesOf = changesReader(db)
  return deviceIds.map((deviceId) => {
    const changes = changesOf({ ...span, deviceId, limit: Number.MAX_SAFE_INTEGER - 1 })
    return uptimeOf(periodsOf(changes, asked), boundsMs)
  })
}

/** Answers of a store that has kept nothing yet. */
export function unwatchedStates({ fromMs, toMs }: StatesQuery): StatesResult {
  return { periods: periodsOf([], { fromMs, toMs, knownUntilMs: fromMs }) }
}

export function unwatchedUptime({ deviceIds, boundsMs }: UptimeQuery): Uptime[][] {
  const span = { fromMs: boundsMs[0] ?? 0, toMs: boundsMs.at(-1) ?? 0 }
  return deviceIds.map(() => uptimeOf(periodsOf([], { ...span, knownUntilMs: span.fromMs }), boundsMs))
}

const device = '(SELECT dev FROM state_device WHERE id = $id)'
const changesSql = `
  SELECT at, state, cause FROM state
  WHERE dev = ${device} AND at < $to
    AND at >= ifnull((SELECT max(at) FROM state WHERE dev = ${device} AND at <= $from), $from)
  ORDER BY at LIMIT $limit
`

/** Reads the change that holds at the begin, and those behind it; one more than `limit` where there are more. */
function changesReader(db: DatabaseSync): (query: StatesQuery) => StateChange[] {
  const select = db.prepare(changesSql)
  return ({ deviceId: id, fromMs, toMs, limit }) =>
    select.all({ id, from: fromMs, to: toMs, limit: limit + 1 }).map(({ at, state, cause }) => ({
      atMs: Number(at),
      state: stateOfNumber(state),
      cause: causeOfNumber(cause),
    }))
}

/** Infinity while the journal is read as it is written. */
function knownUntilMs(db: DatabaseSync, nowMs: number): number {
  const heardMs = Number(db.prepare('SELECT heard_ms FROM ledger').get()?.heard_ms ?? 0)
  return heardMs + longestSilenceMs >= nowMs ? Number.POSITIVE_INFINITY : heardMs
}
