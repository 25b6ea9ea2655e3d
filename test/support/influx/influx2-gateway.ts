import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { gunzipSync } from 'node:zlib'

interface Influx2GatewayOptions {
  /** A running influxd 1.x. */
  influxdUrl: string
  /** Of the bucket; the first of `orgs`. */
  org: string
  token: string
  /** Organisations that the token sees; `org` alone when absent. */
  orgs?: readonly string[]
  /** What the token may not: make buckets or mappings, write. */
  denied?: Set<'buckets' | 'dbrps' | 'write'>
  /** A free one when absent. */
  port?: number
}

export interface RunningInflux2Gateway {
  url: string
  /** What it was told to make, in order. */
  made: string[]
  close(): Promise<void>
}

interface Answer {
  status: number
  body?: string
}

const parseCheckDatabase = 'gateway_parse_check'

/**
 * The 2.x HTTP API in front of a real influxd 1.x, for want of a 2.x server that a test machine could install.
 *
 * Real: parsing of line protocol, the engine, its refusals and their words, and all of `/query`.
 * Recorded from 2.x (its documentation's "Troubleshoot issues writing data", and answers of v2.7 servers quoted in
 * public issues): `Authorization: Token`, org and bucket in the query, their 401 and 404, 204 for a whole write, 400
 * and nothing stored where a line cannot be parsed, 422 "unprocessable entity" and the good points stored where a
 * point does not fit, JSON bodies `{code, message}`, the version header. To store nothing at a 400, each body is first
 * written to a database of its own that nobody reads.
 * Lists and making of organisations, buckets and DBRP mappings answer in the shapes of docs.influxdata.com/influxdb/v2/api;
 * a bucket is the database of its name, which can be asked once it is mapped, as in 2.0 (later releases map it by
 * themselves).
 * Not here: Flux, rate limits, the delete API.
 */
export async function startInflux2Gateway({
  influxdUrl,
  org,
  token,
  orgs = [org],
  denied = new Set(),
  port = 0,
}: Influx2GatewayOptions): Promise<RunningInflux2Gateway> {
  await query(influxdUrl, `CREATE DATABASE ${parseCheckDatabase}`)

  async function write(parameters: URLSearchParams, lines: string): Promise<Answer> {
    const bucket = parameters.get('bucket') ?? ''
    const precision = parameters.get('precision') ?? 'ns'
    const fault = faultOf(parameters.get('org'), precision)
    if (fault) return fault
    const parsed = await writeLines(influxdUrl, parseCheckDatabase, precision, lines)
    if (parsed.words?.includes('unable to parse')) return problem(400, 'invalid', parsed.words)
    return asV2(await writeLines(influxdUrl, bucket, precision, lines), bucket)
  }

  const mapped = new Set<string>()
  const made: string[] = []
  const orgIdOf = (name: string) => `id-of-${name}`

  async function bucketsOf(name: string | null): Promise<Answer> {
    const names = (await databases(influxdUrl)).filter((known) => name === null || known === name)
    const buckets = names.map((known) => ({ id: `id-of-${known}`, orgID: orgIdOf(org), name: known }))
    return { status: 200, body: JSON.stringify({ buckets }) }
  }

  async function make(what: 'buckets' | 'dbrps', wanted: { name?: string; database?: string }): Promise<Answer> {
    if (denied.has(what)) return problem(401, 'unauthorized', `write:orgs/${orgIdOf(org)}/${what} is unauthorized`)
    made.push(what)
    const name = wanted.name ?? wanted.database ?? ''
    if (what === 'buckets') await query(influxdUrl, `CREATE DATABASE "${name}"`)
    else mapped.add(name)
    return { status: 201, body: JSON.stringify({ id: `id-of-${name}`, orgID: orgIdOf(org), ...wanted }) }
  }

  /** `undefined`: no such path. */
  async function manage(method: string, path: string, parameters: URLSearchParams, body: string) {
    if (path === '/api/v2/orgs')
      return { status: 200, body: JSON.stringify({ orgs: orgs.map((name) => ({ id: orgIdOf(name), name })) }) }
    const what = /^\/api\/v2\/(buckets|dbrps)$/.exec(path)?.[1]
    if (what !== 'buckets' && what !== 'dbrps') return undefined
    return method === 'POST' ? make(what, JSON.parse(body)) : list(what, parameters)
  }

  async function list(what: 'buckets' | 'dbrps', parameters: URLSearchParams): Promise<Answer> {
    const asked = parameters.get('org')
    if (asked !== null && !orgs.includes(asked))
      return problem(404, 'not found', `organization name "${asked}" not found`)
    if (what === 'buckets') return bucketsOf(parameters.get('name'))
    const content = [...mapped].filter((name) => name === parameters.get('db')).map((database) => ({ database }))
    return { status: 200, body: JSON.stringify({ content }) }
  }

  function faultOf(asked: string | null, precision: string): Answer | undefined {
    if (denied.has('write')) return problem(403, 'forbidden', 'insufficient permissions for write')
    if (asked !== org && asked !== orgIdOf(org))
      return problem(404, 'not found', `organization name "${asked}" not found`)
    if (unitsOfV1.has(precision)) return undefined
    return problem(400, 'invalid', 'invalid precision; valid precision units are ns, us, ms, and s')
  }

  async function answer(request: IncomingMessage): Promise<Answer> {
    if (request.url === '/ping') return { status: await fetch(`${influxdUrl}/ping`).then((ping) => ping.status) }
    if (request.headers.authorization !== `Token ${token}`) return problem(401, 'unauthorized', 'unauthorized access')
    return await answerKnown(request, (await bodyOf(request)).toString('utf8'))
  }

  async function answerKnown(request: IncomingMessage, body: string): Promise<Answer> {
    const { pathname, search, searchParams } = new URL(request.url ?? '/', 'http://gateway')
    if (pathname === '/api/v2/write' && request.method === 'POST') return await write(searchParams, body)
    if (pathname === '/query') return await ask(search, request, body)
    const managed = await manage(request.method ?? '', pathname, searchParams, body)
    return managed ?? problem(404, 'not found', 'path not found')
  }

  async function ask(search: string, request: IncomingMessage, body: string): Promise<Answer> {
    const db = new URLSearchParams(request.method === 'POST' ? body : search).get('db') ?? ''
    if (!mapped.has(db)) return problem(404, 'not found', `no dbrp mapping found for database "${db}"`)
    return await forwardQuery(influxdUrl, search, request, body)
  }

  const server = createServer((request, response) => {
    answer(request).then(
      (said) => send(response, said),
      // The engine behind is gone: so is the server that we stand for.
      () => request.socket.destroy(),
    )
  }).listen(port, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no TCP port')
  return {
    url: `http://127.0.0.1:${address.port}`,
    made,
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

const unitsOfV1 = new Map([
  ['ns', 'n'],
  ['us', 'u'],
  ['ms', 'ms'],
  ['s', 's'],
])

function asV2({ status, words = '' }: { status: number; words: string | undefined }, bucket: string): Answer {
  if (status === 204) return { status }
  if (status === 404) return problem(404, 'not found', `bucket "${bucket}" not found`)
  if (status === 413) return problem(413, 'request too large', words)
  return problem(422, 'unprocessable entity', `failure writing points to database: ${words}`)
}

async function forwardQuery(
  influxdUrl: string,
  search: string,
  request: IncomingMessage,
  body: string,
): Promise<Answer> {
  const type = request.headers['content-type'] ?? 'application/x-www-form-urlencoded'
  const post = request.method === 'POST' ? { method: 'POST', headers: { 'content-type': type }, body } : {}
  const response = await fetch(`${influxdUrl}/query${search}`, post)
  return { status: response.status, body: await response.text() }
}

function problem(status: number, code: string, message: string): Answer {
  return { status, body: JSON.stringify({ code, message }) }
}

function send(response: ServerResponse, { status, body = '' }: Answer): void {
  const type = body ? { 'content-type': 'application/json; charset=utf-8' } : {}
  response.writeHead(status, { ...type, 'x-influxdb-build': 'OSS', 'x-influxdb-version': 'v2.7.11' })
  response.end(body)
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(Buffer.from(chunk))
  const body = Buffer.concat(chunks)
  return request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body
}

async function databases(influxdUrl: string): Promise<string[]> {
  const response = await fetch(`${influxdUrl}/query?q=SHOW+DATABASES`)
  // The shape of a real server's answer.
  const { results } = (await response.json()) as { results: [{ series: [{ values?: string[][] }] }] }
  return (results[0].series[0].values ?? []).flat()
}

async function query(influxdUrl: string, q: string): Promise<void> {
  await fetch(`${influxdUrl}/query`, { method: 'POST', body: new URLSearchParams({ q }) })
}

async function writeLines(influxdUrl: string, db: string, precision: string, body: string) {
  const parameters = new URLSearchParams({ db, precision: unitsOfV1.get(precision) ?? 'n' })
  const response = await fetch(`${influxdUrl}/write?${parameters}`, { method: 'POST', body })
  const text = await response.text()
  const words = /"error":"(.*)"/.exec(text)?.[1]
  return { status: response.status, words: words && (JSON.parse(`"${words}"`) as string) } // JSON of a string is one
}
