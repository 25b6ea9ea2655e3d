import { z } from 'zod'
import { StoreUnavailableError } from '../../../contract/ports/telemetry.ts'
import { withDeadline } from './influx-faults.ts'

interface Server {
  /** May end with `/`. */
  url: string
  /** The `Authorization` header, if any. */
  authorization: string | undefined
  timeoutMs: number
}

/** Login of 1.x, or token of 2.x and 3. */
interface Login {
  user?: string | undefined
  password?: string | undefined
  token?: string | undefined
}

/** The `Authorization` header of a token or of a user; `undefined` where neither is given. */
export function authorizationOf({ user, password = '', token }: Login): string | undefined {
  if (token) return `Token ${token}`
  return user === undefined ? undefined : `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
}

/**
 * The server's version as it says itself: in the header of `/ping` (1.x, 2.x; 3 says it in the body too), else in the body
 * of `/health` (2.x, where a proxy takes headers away). Throws StoreUnavailableError where nothing answers so.
 */
export async function askVersion(server: Server): Promise<string> {
  const ping = await ask(server, '/ping')
  if (!ping.ok) throw new StoreUnavailableError(`InfluxDB answered ${ping.status} to /ping`, faultOfPing(ping.status))
  if (ping.version !== undefined) return ping.version
  const health = await ask(server, '/health')
  return health.version ?? 'of unknown version'
}

function faultOfPing(status: number): { fault?: 'login' } {
  return status === 401 || status === 403 ? { fault: 'login' } : {}
}

const versionSchema = z.object({ version: z.string().regex(/^v?\d+\.\d/) })

async function ask({ url, authorization, timeoutMs }: Server, path: string) {
  return await withDeadline(timeoutMs, async (signal) => {
    const headers = authorization === undefined ? {} : { authorization }
    const response = await fetch(`${url.replace(/\/$/, '')}${path}`, { headers, signal, redirect: 'manual' })
    const body = (await response.text()).slice(0, 2000)
    return {
      ok: response.ok,
      status: response.status,
      version: response.headers.get('x-influxdb-version') ?? versionIn(body),
    }
  })
}

function versionIn(body: string): string | undefined {
  try {
    return versionSchema.safeParse(JSON.parse(body)).data?.version
  } catch {
    return undefined
  }
}

/** The API that a server of this version is written and read by; `undefined`: it says nothing that tells. */
export function engineOfVersion(version: string): 'influx1' | 'influx2' | undefined {
  const major = /^v?(\d+)\./.exec(version)?.[1]
  if (major === undefined) return undefined
  return Number(major) < 2 ? 'influx1' : 'influx2'
}

/** Releases without `/api/v2/write`, which came with 1.8. */
export function isBeforeV2Api(version: string): boolean {
  return /^v?(0|1\.[0-7])\./.test(version)
}
