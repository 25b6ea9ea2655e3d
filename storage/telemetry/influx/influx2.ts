import type { HttpError } from '@influxdata/influxdb-client'
import { StoreUnavailableError, type TelemetryStore, WrongServerError } from '../../../contract/ports/telemetry.ts'
import { withDeadline } from './influx-faults.ts'
import { writeHistory } from './influx-history.ts'
import { findMark, putMark } from './influx-mark.ts'
import { openInfluxQl } from './influx-ql.ts'
import { createInfluxReader } from './influx-read.ts'
import { askVersion, authorizationOf, isBeforeV2Api } from './influx-server.ts'
import { type BodyOutcome, judgeAnswer, writeReadings } from './influx-write.ts'
import { findInflux2Place } from './influx2-place.ts'

interface Influx2Options {
  url: string
  /** Absent: the one that the bucket lies in, or the only one that the token sees. */
  org?: string | undefined
  bucket: string
  token: string
  /** For each request; 5 s when absent. */
  timeoutMs?: number | undefined
}

/**
 * Readings in InfluxDB 2.x or 3: written to `/api/v2/write`, read by InfluxQL over the 1.x-compatible `/query` with the
 * bucket as database (2.x needs a DBRP mapping for that; `confirm` makes it). Opens while the server is away; throws where
 * it answers and has no `/api/v2/write`.
 *
 * Writes go through a WriteApi of `@influxdata/influxdb-client`, one for each body, so that it can keep nothing: one
 * record (the whole body, encoded by us), no timer, no retries, no retry buffer, and `writeFailed` takes the error
 * before the package can log or forget it. Its own time limit only counts silence of the socket and does not end the
 * request, so that each request also has a signal.
 */
export async function openInflux2({
  url,
  org: givenOrg,
  bucket,
  token,
  timeoutMs = 5000,
}: Influx2Options): Promise<TelemetryStore & Required<Pick<TelemetryStore, 'confirm' | 'mark' | 'writeHistory'>>> {
  const [{ InfluxDB, HttpError: Refusal }, influxQl] = await Promise.all([
    import('@influxdata/influxdb-client'),
    openInfluxQl({ url, database: bucket, timeoutMs, token }),
  ])
  const authorization = authorizationOf({ token })
  const base = url.replace(/\/$/, '')
  let org = givenOrg

  async function send(body: string): Promise<BodyOutcome> {
    if (org === undefined) await locate()
    return await withDeadline(timeoutMs, async (signal) => {
      const api = new InfluxDB({ url, token, timeout: timeoutMs, transportOptions: { signal } }).getWriteApi(
        org ?? '',
        bucket,
        'ms',
        {
          batchSize: 2,
          flushInterval: 0,
          maxRetries: 0,
          maxBufferLines: 0,
          gzipThreshold: Number.POSITIVE_INFINITY,
          writeFailed: (error) => Promise.reject(error),
        },
      )
      api.writeRecord(body)
      try {
        await api.flush()
        return { outcome: 'stored' }
      } catch (error) {
        if (!(error instanceof Refusal)) throw error
        return judgeRefusal(error, bucket)
      } finally {
        api.dispose()
      }
    })
  }

  async function locate() {
    const found = await findInflux2Place(
      new InfluxDB({ url, token, timeout: timeoutMs }),
      { org: givenOrg, bucket },
      timeoutMs,
    )
    org = found.place?.org ?? givenOrg ?? ''
    return found
  }

  /** 1.x before 1.8 serves no `/api/v2/write`; it answers a plain 404 that says nothing. */
  async function requireV2(): Promise<string> {
    const version = await askVersion({ url, authorization, timeoutMs })
    if (!isBeforeV2Api(version)) return version
    throw new WrongServerError(
      `InfluxDB ${version} has no /api/v2/write: leave BCC_TELEMETRY out, or set it to influx1`,
    )
  }

  await requireV2().catch((error: unknown) => {
    if (!(error instanceof StoreUnavailableError)) throw error
  })
  return {
    ...createInfluxReader({ engine: 'influx2', influxQl }),
    target: `${base} ${givenOrg ?? ''} ${bucket}`,
    async confirm(mark) {
      const { place: found, warning } = await locate()
      // By the name that is set, as releases before kept it; by its id where none is.
      const place = `${base} ${givenOrg ?? org} ${bucket}`
      return {
        place,
        keepsMs: found?.keepsMs,
        ...(warning === undefined ? await findMark(influxQl, mark) : { warning }),
      }
    },
    mark: (mark) => putMark(mark, Date.now(), send),
    write: (readings) => writeReadings(readings, send),
    writeHistory: (history) => writeHistory(history, send),
    async health() {
      try {
        return { up: true, detail: `InfluxDB ${await requireV2()}` }
      } catch (error) {
        return { up: false, detail: error instanceof Error ? error.message : String(error) }
      }
    },
    async close() {},
  }
}

function judgeRefusal({ statusCode: status, body = '', headers }: HttpError, bucket: string): BodyOutcome {
  if (status === 404 && body.startsWith('404 page not found')) {
    throw new StoreUnavailableError(
      'this server has no /api/v2/write: is it InfluxDB before 1.8? leave BCC_TELEMETRY out, or set it to influx1',
      { fault: 'server' },
    )
  }
  const retryAfter = headers?.['retry-after']
  return judgeAnswer(
    { status, body, retryAfter: typeof retryAfter === 'string' ? retryAfter : null },
    { database: bucket, is2: true },
  )
}
