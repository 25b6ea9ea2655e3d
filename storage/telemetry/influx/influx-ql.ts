import { z } from 'zod'
import { StoreUnavailableError } from '../../../contract/ports/telemetry.ts'
import { rightsFault, withDeadline, wordsOfBody } from './influx-faults.ts'

/** One series of an answer; times in ms since 1970, absent cells null. */
const seriesSchema = z.object({
  name: z.string(),
  tags: z.record(z.string(), z.string()).optional(),
  columns: z.array(z.string()),
  values: z.array(z.custom<unknown[]>(Array.isArray)),
  /** The server's `max-row-limit` cut it. */
  partial: z.boolean().optional(),
})
export type Series = z.infer<typeof seriesSchema>

const answerSchema = z.object({
  error: z.string().optional(),
  results: z.array(z.object({ error: z.string().optional(), series: z.array(seriesSchema).optional() })).optional(),
})

/** How much longer a deletion may take than a query. */
const changeFactor = 10

export interface InfluxQl {
  /** Runs one statement; values come in only as bound parameters (`$name`). Throws StoreUnavailableError. */
  query(statement: string, parameters?: Record<string, string | number>): Promise<Series[]>
  /** As `query`, for statements that change something; may take longer. */
  change(statement: string, parameters?: Record<string, string | number>): Promise<void>
  /** Databases that this login may see. */
  databases(): Promise<string[]>
  createDatabase(name: string): Promise<void>
  /** How long the default retention policy keeps points, ms; 0: for ever. */
  keepsMs(): Promise<number>
}

interface InfluxQlOptions {
  url: string
  database: string
  timeoutMs: number
  user?: string | undefined
  password?: string | undefined
  /** 2.x and 3: goes with every request as `Authorization: Token …`. */
  token?: string | undefined
}

/**
 * InfluxQL over `/query`, which 1.x, 2.x and 3 all serve, through the `influx` package: it binds parameters
 * (`placeholders`) and builds the requests. What it does beyond that is switched off, read in its `lib/src/pool.js`:
 * it takes its only host out of service for 0.3 to 10 s after one failed request ("No host available"), so the
 * back-off here is none; it sends `root:root` where no user is named; its ping forgets the path of a proxy, so that
 * ours is a plain GET (`askVersion`); and it never settles when a connection breaks in the middle of an answer, so that every call has
 * a deadline of its own. It is loaded on first use.
 */
export async function openInfluxQl({
  url,
  database,
  timeoutMs,
  user,
  password,
  token,
}: InfluxQlOptions): Promise<InfluxQl> {
  const { InfluxDB } = await import('influx')
  const { protocol, hostname, port, pathname } = new URL(url)
  const backoff = { getDelay: () => 0, next: () => backoff, reset: () => backoff }
  const influx = new InfluxDB({
    database,
    // `null` alone keeps the package from its default user; its types know only text.
    username: user ?? (null as unknown as string),
    password: password ?? '',
    pool: { maxRetries: 0, requestTimeout: timeoutMs * changeFactor, backoff },
    hosts: [
      {
        protocol: protocol === 'https:' ? 'https' : 'http',
        host: hostname,
        port: Number(port) || (protocol === 'https:' ? 443 : 80),
        path: pathname.replace(/\/$/, ''),
        ...(token && { options: { headers: { authorization: `Token ${token}` } } }),
      },
    ],
  })

  async function ask(
    statement: string,
    placeholders: Record<string, string | number>,
    limitMs: number,
    method: 'GET' | 'POST',
  ) {
    const asking = withDeadline(limitMs, (signal) =>
      influx.queryRaw(statement, { precision: 'ms', placeholders, method, signal }),
    )
    return seriesOf(await telling('read', asking))
  }

  /** Says what to do where the server wants another login or more rights. */
  async function telling<T>(asked: 'read' | 'prepare', asking: Promise<T>): Promise<T> {
    try {
      return await asking
    } catch (error) {
      const { status, body } = refusalIn(error)
      const words = wordsOfBody(body) ?? ''
      const is2 = token !== undefined
      throw rightsFault({ status, words, asked, user, database, is2 }) ?? error
    }
  }

  return {
    query: (statement, parameters = {}) => ask(statement, parameters, timeoutMs, 'GET'),
    async change(statement, parameters = {}) {
      await ask(statement, parameters, timeoutMs * changeFactor, 'POST')
    },
    databases: () =>
      telling(
        'prepare',
        withDeadline(timeoutMs, () => influx.getDatabaseNames()),
      ),
    async keepsMs() {
      const policies = await telling(
        'read',
        withDeadline(timeoutMs, () => influx.showRetentionPolicies(database)),
      )
      return millisecondsOf(policies.find((policy) => policy.default)?.duration ?? '')
    },
    createDatabase: (name) =>
      telling(
        'prepare',
        withDeadline(timeoutMs * changeFactor, () => influx.createDatabase(name)),
      ),
  }
}

const unitMs = { h: 3_600_000, m: 60_000, s: 1000 }

/** Of a duration as Go writes it: `168h0m0s`. */
function millisecondsOf(duration: string): number {
  const [, h = 0, m = 0, s = 0] = /^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/.exec(duration) ?? []
  return Number(h) * unitMs.h + Number(m) * unitMs.m + Number(s) * unitMs.s
}

/** Status and body of an answer that the package made an error of: its message ends with the body (`lib/src/pool.js`). */
function refusalIn(error: unknown): { status: number; body: string } {
  const said = error instanceof Error && error.cause instanceof Error ? error.cause.message : ''
  const [, status = '0', body = ''] = /^A (\d{3}) .*? error occurred: (.*)$/s.exec(said) ?? []
  return { status: Number(status), body }
}

function seriesOf(body: unknown): Series[] {
  const parsed = answerSchema.safeParse(body)
  if (!parsed.success) throw new StoreUnavailableError('InfluxDB answered a query with something else')
  const { error, results = [] } = parsed.data
  const fault = error ?? results.find((result) => result.error !== undefined)?.error
  if (fault !== undefined) throw new StoreUnavailableError(`InfluxDB refused a query: ${fault}`)
  const series = results.flatMap((result) => result.series ?? [])
  // VictoriaMetrics answers every query with its list of databases (tried with 1.79): empty history would be a lie.
  if (series.some(({ columns }) => columns[0] !== 'time')) {
    throw new StoreUnavailableError('the server does not speak InfluxQL at /query')
  }
  return series
}
