import { StoreUnavailableError, type TelemetryStore, WrongServerError } from '../../../contract/ports/telemetry.ts'
import { writeHistory } from './influx-history.ts'
import { openInfluxQl, withDeadline } from './influx-ql.ts'
import { createInfluxReader } from './influx-read.ts'
import { type BodyOutcome, judgeAnswer, writeReadings } from './influx-write.ts'

interface Influx2Options {
  url: string
  org: string
  bucket: string
  token: string
  /** For each request; 5 s when absent. */
  timeoutMs?: number | undefined
}

/**
 * Readings in InfluxDB 2.x or 3: written to `/api/v2/write`, read by InfluxQL over the 1.x-compatible `/query` with the
 * bucket as database (2.x needs a DBRP mapping for that; buckets made by its set-up page have one). Opens while the
 * server is away; throws where it answers and has no `/api/v2/write`.
 *
 * Writes go through a WriteApi of `@influxdata/influxdb-client`, one for each body, so that it can keep nothing: one
 * record (the whole body, encoded by us), no timer, no retries, no retry buffer, and `writeFailed` takes the error
 * before the package can log or forget it. Its own time limit only counts silence of the socket and does not end the
 * request, so that each request also has a signal.
 */
export async function openInflux2({
  url,
  org,
  bucket,
  token,
  timeoutMs = 5000,
}: Influx2Options): Promise<TelemetryStore> {
  const [{ InfluxDB, HttpError }, influxQl] = await Promise.all([
    import('@influxdata/influxdb-client'),
    openInfluxQl({ url, database: bucket, timeoutMs, token }),
  ])

  async function send(body: string): Promise<BodyOutcome> {
    return await withDeadline(timeoutMs, async (signal) => {
      const api = new InfluxDB({ url, token, timeout: timeoutMs, transportOptions: { signal } }).getWriteApi(
        org,
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
        if (!(error instanceof HttpError)) throw error
        return judgeRefusal(error.statusCode, error.body ?? '', error.headers?.['retry-after'])
      } finally {
        api.dispose()
      }
    })
  }

  /** 1.x before 1.8 serves no `/api/v2/write`; it answers a plain 404 that says nothing. */
  async function requireV2(): Promise<string> {
    const version = await influxQl.version()
    if (!isBeforeV2Api(version)) return version
    throw new WrongServerError(`InfluxDB ${version} has no /api/v2/write: set BCC_TELEMETRY=influx1`)
  }

  await requireV2().catch((error: unknown) => {
    if (!(error instanceof StoreUnavailableError)) throw error
  })
  const reader = createInfluxReader({ engine: 'influx2', influxQl })
  return {
    ...reader,
    place: `${url.replace(/\/$/, '')} ${org} ${bucket}`,
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

function judgeRefusal(status: number, body: string, retryAfter: unknown): BodyOutcome {
  if (status === 404 && body.startsWith('404 page not found')) {
    throw new StoreUnavailableError(
      'this server has no /api/v2/write: is it InfluxDB before 1.8? set BCC_TELEMETRY=influx1',
    )
  }
  return judgeAnswer({ status, body, retryAfter: typeof retryAfter === 'string' ? retryAfter : null })
}

function isBeforeV2Api(version: string): boolean {
  return /^v?(0|1\.[0-7])\./.test(version)
}
