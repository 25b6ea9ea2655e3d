import type { InfluxDB } from '@influxdata/influxdb-client'
import { z } from 'zod'
import { StoreUnavailableError } from '../../../contract/ports/telemetry.ts'
import { rightsFault, withDeadline } from './influx-faults.ts'

/** Organisation and bucket that lines go to, by id where it was found out. */
export interface Influx2Place {
  org: string
  bucket: string
  /** How long it keeps points; 0: for ever. */
  keepsMs: number
}

interface Wanted {
  /** Name or id; absent: the only one that the token sees. */
  org: string | undefined
  bucket: string
}

/** How long it keeps points, in seconds; none, or 0: for ever. */
const rules = z.array(z.object({ everySeconds: z.number().optional() })).optional()
const bucketsSchema = z.object({
  buckets: z.array(z.object({ id: z.string(), orgID: z.string(), name: z.string(), retentionRules: rules })),
})
const orgsSchema = z.object({ orgs: z.array(z.object({ id: z.string(), name: z.string() })) })
const bucketSchema = z.object({ id: z.string(), orgID: z.string(), retentionRules: rules })
const mappingsSchema = z.object({ content: z.array(z.object({ database: z.string() })).nullish() })

/** Names of organisations that are told of, at most. */
const maxNames = 10
const maxNameChars = 60

/**
 * Finds the bucket, or makes it, and a DBRP mapping by which `/query` reads it (2.x and Cloud; 3 has neither organisations
 * nor buckets, and `undefined` is returned). The order spares rights: a token of one bucket sees that bucket and, in most
 * versions, no list of organisations. Throws StoreUnavailableError with `fault` where a person has to decide or allow.
 * Paths and shapes: docs.influxdata.com/influxdb/v2/api. `/api/v2` goes through the transport of
 * `@influxdata/influxdb-client`, which bears token, path of a proxy and errors with their status.
 */
export async function findInflux2Place(
  { transport }: Pick<InfluxDB, 'transport'>,
  wanted: Wanted,
  timeoutMs: number,
): Promise<{ place: Influx2Place | undefined; warning?: { fault: 'read-right'; detail: string } }> {
  async function call<T>(method: 'GET' | 'POST', path: string, schema: z.ZodType<T>, body?: object): Promise<T> {
    const answer: unknown = await withDeadline(timeoutMs, (signal) =>
      transport.request(path, body === undefined ? '' : JSON.stringify(body), {
        method,
        signal,
        headers: { 'content-type': 'application/json', accept: 'application/json' },
      }),
    ).catch((error: unknown) => {
      const { status, words } = answerIn(error)
      throw rightsFault({ status, words, asked: 'prepare', database: wanted.bucket, is2: true }) ?? error
    })
    const parsed = schema.safeParse(answer)
    if (parsed.success) return parsed.data
    throw new StoreUnavailableError(`InfluxDB answered ${path.split('?')[0]} with something else`, { fault: 'server' })
  }

  async function bucketsOf(within: { org?: string; orgID?: string }) {
    const asked = new URLSearchParams({ name: wanted.bucket, ...within })
    const { buckets } = await call('GET', `/api/v2/buckets?${asked}`, bucketsSchema).catch(noneOf)
    return buckets.filter(({ name }) => name === wanted.bucket)
  }

  async function orgId(): Promise<string> {
    const { orgs } = await call('GET', '/api/v2/orgs?limit=100', orgsSchema)
    const named =
      wanted.org === undefined ? orgs : orgs.filter(({ id, name }) => wanted.org === name || wanted.org === id)
    const [only, another] = named
    if (only !== undefined && another === undefined) return only.id
    throw new StoreUnavailableError(orgAdvice(wanted, orgs), { fault: 'organisation' })
  }

  async function bucket(): Promise<z.output<typeof bucketSchema>> {
    const [found, another] = await bucketsOf(wanted.org === undefined ? {} : { org: wanted.org })
    if (found !== undefined && another === undefined) return found
    const orgID = await orgId()
    // The organisation may have been named by its id.
    const [inside] = await bucketsOf({ orgID })
    const name = wanted.bucket
    return inside ?? call('POST', '/api/v2/buckets', bucketSchema, { orgID, name, retentionRules: [] })
  }

  async function map({ id, orgID }: { id: string; orgID: string }): Promise<void> {
    const asked = new URLSearchParams({ orgID, db: wanted.bucket })
    const { content } = await call('GET', `/api/v2/dbrps?${asked}`, mappingsSchema)
    if ((content ?? []).some(({ database }) => database === wanted.bucket)) return
    const mapping = { bucketID: id, orgID, database: wanted.bucket, retention_policy: 'autogen', default: true }
    await call('POST', '/api/v2/dbrps', z.unknown(), mapping)
  }

  try {
    const found = await bucket()
    const keepsMs = (found.retentionRules?.[0]?.everySeconds ?? 0) * 1000
    const place = { org: found.orgID, bucket: wanted.bucket, keepsMs }
    return { place, ...(await mapOrWarn(() => map(found), wanted.bucket)) }
  } catch (error) {
    if (error instanceof NoSuchApi) return { place: undefined }
    throw error
  }
}

/** Writing works without a mapping; reading does not, so that history comes from the embedded store. */
async function mapOrWarn(map: () => Promise<void>, bucket: string) {
  try {
    await map()
    return {}
  } catch (error) {
    if (error instanceof NoSuchApi) return {}
    if (!(error instanceof StoreUnavailableError && error.fault === 'create-right')) throw error
    const name = JSON.stringify(bucket)
    const detail = `The token may not make the DBRP mapping by which bucket ${name} is read: influx v1 dbrp create --db ${name} --rp autogen --default --bucket-id …`
    return { warning: { fault: 'read-right' as const, detail } }
  }
}

/** 404 of a server that has no such path, such as InfluxDB 3 and VictoriaMetrics. */
class NoSuchApi extends StoreUnavailableError {}

/** 2.x answers 404 to a list by a name that is not there; without JSON it is the path that is not. */
function noneOf(error: unknown): { buckets: [] } {
  const { status, isJson } = answerIn(error)
  if (status === 404 && isJson) return { buckets: [] }
  if (status === 404 || status === 400 || status === 405) {
    if (!isJson) throw new NoSuchApi('the server has no /api/v2/buckets')
  }
  throw error
}

function answerIn(error: unknown): { status: number; words: string; isJson: boolean } {
  // An HttpError of the package; its own class is loaded on use only.
  const { statusCode = 0, json, body } = Object(error instanceof Error ? error.cause : undefined)
  const words = typeof json?.message === 'string' ? json.message : String(body ?? '').slice(0, 200)
  return { status: Number(statusCode), words, isJson: json !== undefined }
}

function orgAdvice({ org, bucket }: Wanted, orgs: readonly { name: string }[]): string {
  const names = orgs.slice(0, maxNames).map(({ name }) => JSON.stringify(name.slice(0, maxNameChars)))
  const listed = names.length === 0 ? 'the one that the bucket lies in' : `one of ${names.join(', ')}`
  const what =
    org === undefined
      ? `InfluxDB has no bucket ${JSON.stringify(bucket)} that tells the organisation`
      : `InfluxDB shows this token no organisation ${JSON.stringify(org)}`
  return `${what}: set BCC_INFLUX_ORG to ${listed}`
}
