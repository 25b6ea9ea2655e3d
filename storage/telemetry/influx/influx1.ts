import type { TelemetryStore } from '../../../contract/ports/telemetry.ts'
import { withDeadline } from './influx-faults.ts'
import { writeHistory } from './influx-history.ts'
import { findMark, putMark } from './influx-mark.ts'
import { openInfluxQl } from './influx-ql.ts'
import { createInfluxReader } from './influx-read.ts'
import { askVersion, authorizationOf } from './influx-server.ts'
import { type BodyOutcome, judgeAnswer, writeReadings } from './influx-write.ts'

interface Influx1Options {
  url: string
  database: string
  user?: string | undefined
  password?: string | undefined
  /** For each request; 5 s when absent. */
  timeoutMs?: number | undefined
}

/**
 * Readings in InfluxDB 1.x. Opens while the server is away: each call then says so until it is back. Only `confirm` makes
 * the database where it is missing: whoever writes has to hear of it.
 *
 * Queries, the list of databases and `create database` go through the `influx` package (see `openInfluxQl`). Writes do not:
 * the package can only send points that it encodes itself (unsafely, see `encodeLine`), and it throws away the status, the
 * body and `Retry-After` of a 5xx, without which a batch cannot be judged. They are plain POSTs to `/write`. Figures: ADR 30.
 */
export async function openInflux1({
  url,
  database,
  user,
  password,
  timeoutMs = 5000,
}: Influx1Options): Promise<TelemetryStore & Required<Pick<TelemetryStore, 'confirm' | 'mark' | 'writeHistory'>>> {
  const influxQl = await openInfluxQl({ url, database, timeoutMs, user, password })
  const writeUrl = `${url.replace(/\/$/, '')}/write?${new URLSearchParams({ db: database, precision: 'ms' })}`
  const authorization = authorizationOf({ user, password })
  const headers = { 'content-type': 'text/plain; charset=utf-8', ...(authorization && { authorization }) }
  const place = `${url.replace(/\/$/, '')} ${database}`

  async function send(body: string): Promise<BodyOutcome> {
    return await withDeadline(timeoutMs, async (signal) => {
      const response = await fetch(writeUrl, { method: 'POST', headers, body, signal, redirect: 'manual' })
      const answer = await response.text()
      const { status } = response
      return judgeAnswer(
        { status, body: answer, retryAfter: response.headers.get('retry-after') },
        { user, database, is2: false },
      )
    })
  }

  return {
    ...createInfluxReader({ engine: 'influx1', influxQl }),
    target: place,
    async confirm(mark) {
      if (!(await influxQl.databases()).includes(database)) await influxQl.createDatabase(database)
      const found = await findMark(influxQl, mark)
      // Who may not read may not ask this either.
      return { place, ...found, ...(found.warning === undefined && { keepsMs: await influxQl.keepsMs() }) }
    },
    mark: (mark) => putMark(mark, Date.now(), send),
    write: (readings) => writeReadings(readings, send),
    writeHistory: (history) => writeHistory(history, send),
    async health() {
      try {
        return { up: true, detail: `InfluxDB ${await askVersion({ url, authorization, timeoutMs })}` }
      } catch (error) {
        return { up: false, detail: error instanceof Error ? error.message : String(error) }
      }
    },
    async close() {},
  }
}
