import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort, type RunningProgram, runProgram, temporaryFolder } from './influx-process.ts'

export interface InfluxdOptions {
  /** Asks for user and password. */
  auth?: boolean
  /** Largest body of a write, bytes; 25,000,000 as the server comes. */
  maxBodyBytes?: number
  /** A free one when absent. */
  port?: number
  /** Folder of its data, which is the caller's; one of its own when absent. */
  dir?: string
}

export interface RunningInfluxd extends RunningProgram {
  url: string
  /** Asks the server by InfluxQL, past our own code; rows of all series with their column names. */
  query(
    influxQl: string,
    database?: string,
    login?: readonly [user: string, password: string],
  ): Promise<Record<string, unknown>[]>
  /** Ends it and removes its folders. */
  close(): Promise<void>
}

/** A real influxd (1.x) with folders and a port of its own, tsi1 index, no reporting. */
export async function startInfluxd({
  auth = false,
  maxBodyBytes = 25_000_000,
  port: givenPort,
  dir,
}: InfluxdOptions = {}): Promise<RunningInfluxd> {
  const folder = dir === undefined ? temporaryFolder('influxd') : { path: dir, remove: () => undefined }
  const port = givenPort ?? (await freePort())
  const url = `http://127.0.0.1:${port}`
  const config = join(folder.path, 'influxdb.conf')
  writeFileSync(
    config,
    `
reporting-disabled = true
bind-address = "127.0.0.1:0"
[meta]
  dir = "${folder.path}/meta"
[data]
  dir = "${folder.path}/data"
  wal-dir = "${folder.path}/wal"
  index-version = "tsi1"
[http]
  bind-address = "127.0.0.1:${port}"
  auth-enabled = ${auth}
  log-enabled = false
  max-body-size = ${maxBodyBytes}
[monitor]
  store-enabled = false
[continuous_queries]
  enabled = false
[logging]
  level = "error"
`,
  )
  const program = await runProgram('influxd', ['-config', config], () => answers(`${url}/ping`))
  return {
    ...program,
    url,
    async query(influxQl, database, login) {
      const parameters = new URLSearchParams({ q: influxQl, epoch: 'ms', ...(database && { db: database }) })
      const response = await fetch(`${url}/query`, {
        method: 'POST',
        body: parameters,
        ...(login && { headers: { authorization: `Basic ${Buffer.from(login.join(':')).toString('base64')}` } }),
      })
      return rowsOf(await response.json())
    },
    async close() {
      await program.kill()
      folder.remove()
    },
  }
}

async function answers(url: string): Promise<boolean> {
  return await fetch(url).then(
    (response) => response.ok,
    () => false,
  )
}

interface Answer {
  error?: string
  results?: { error?: string; series?: { name: string; tags?: object; columns: string[]; values: unknown[][] }[] }[]
}

function rowsOf(body: unknown): Record<string, unknown>[] {
  const answer = body as Answer // the test asked a real server, whose answers have this shape
  const fault = answer.error ?? answer.results?.find((result) => result.error)?.error
  if (fault) throw new Error(fault)
  const series = (answer.results ?? []).flatMap((result) => result.series ?? [])
  return series.flatMap(({ name, tags, columns, values }) =>
    values.map((row) => ({ name, ...tags, ...Object.fromEntries(columns.map((column, at) => [column, row[at]])) })),
  )
}
