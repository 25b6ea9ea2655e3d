import { StoreUnavailableError, type TelemetryStore } from '../../../contract/ports/telemetry.ts'
import { writeHistory } from './influx-history.ts'
import { authorizationOf, openInfluxQl, withDeadline } from './influx-ql.ts'
import { createInfluxReader } from './influx-read.ts'
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
 * Readings in InfluxDB 1.x. Makes the database where it is missing. Opens while the server is away: each call then
 * says so until it is back.
 *
 * Queries and `create database` go through the `influx` package (see `openInfluxQl`). Writes do not: the package
 * can only send points that it encodes itself (unsafely, see `encodeLine`), and it throws away the status, the body and
 * `Retry-After` of a 5xx, without which a batch cannot be judged. They are plain POSTs to `/write`.
 */
export async function openInflux1({
  url,
  database,
  user,
  password,
  timeoutMs = 5000,
}: Influx1Options): Promise<TelemetryStore> {
  const influxQl = await openInfluxQl({ url, database, timeoutMs, user, password })
  const writeUrl = `${url.replace(/\/$/, '')}/write?${new URLSearchParams({ db: database, precision: 'ms' })}`
  const authorization = authorizationOf({ user, password })
  const headers = { 'content-type': 'text/plain; charset=utf-8', ...(authorization && { authorization }) }

  async function send(body: string): Promise<BodyOutcome> {
    return await withDeadline(timeoutMs, async (signal) => {
      const response = await fetch(writeUrl, { method: 'POST', headers, body, signal, redirect: 'manual' })
      const answer = await response.text()
      return judgeAnswer({ status: response.status, body: answer, retryAfter: response.headers.get('retry-after') })
    })
  }

  /** Runs it again once after making the database, if that is what was missing. */
  async function withDatabase<T>(run: () => Promise<T>): Promise<T> {
    try {
      return await run()
    } catch (error) {
      if (!(error instanceof StoreUnavailableError && error.message.includes('database not found'))) throw error
      await influxQl.createDatabase(database)
      return await run()
    }
  }

  const reader = createInfluxReader({ engine: 'influx1', influxQl })
  return {
    engine: 'influx1',
    place: `${url.replace(/\/$/, '')} ${database}`,
    write: (readings) => withDatabase(() => writeReadings(readings, send)),
    writeHistory: (history) => withDatabase(() => writeHistory(history, send)),
    range: (query) => withDatabase(() => reader.range(query)),
    city: (query) => withDatabase(() => reader.city(query)),
    latest: () => withDatabase(() => reader.latest()),
    manual: (query) => withDatabase(() => reader.manual(query)),
    dropBefore: (ms) => withDatabase(() => reader.dropBefore(ms)),
    async health() {
      try {
        return { up: true, detail: `InfluxDB ${await influxQl.version()}` }
      } catch (error) {
        return { up: false, detail: error instanceof Error ? error.message : String(error) }
      }
    },
    async close() {},
  }
}
