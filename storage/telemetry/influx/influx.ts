import {
  type Engine,
  StoreUnavailableError,
  type TelemetryStore,
  WrongServerError,
} from '../../../contract/ports/telemetry.ts'
import { askVersion, authorizationOf, engineOfVersion } from './influx-server.ts'
import { openInflux1 } from './influx1.ts'
import { openInflux2 } from './influx2.ts'

export interface InfluxOptions {
  url: string
  /** Of 1.x; the bucket of 2.x where none is named. */
  database: string
  bucket?: string | undefined
  org?: string | undefined
  user?: string | undefined
  password?: string | undefined
  token?: string | undefined
  /** Not asked of the server. */
  engine?: 'influx1' | 'influx2' | undefined
  /** For each request; 5 s when absent. */
  timeoutMs?: number | undefined
}

type Opened = Awaited<ReturnType<typeof openInflux1>>

/**
 * InfluxDB of whichever version answers at the address. Opens while the server is away. The version is asked at the first
 * call, again by each `confirm`, and after whatever failed: another server may answer next time. Throws WrongServerError
 * where `engine` says what the server is not.
 */
export async function openInflux(options: InfluxOptions): Promise<TelemetryStore> {
  const { url, database, bucket = database, org, user, password, token, timeoutMs = 5000 } = options
  let engine: Engine = options.engine ?? 'influx'
  let opened: Promise<Opened> | undefined

  async function askEngine(): Promise<'influx1' | 'influx2'> {
    if (options.engine !== undefined) return options.engine
    const authorization = authorizationOf({ user, password, token: user === undefined ? token : undefined })
    const version = await askVersion({ url, authorization, timeoutMs })
    const found = engineOfVersion(version)
    if (found !== undefined) return found
    throw new StoreUnavailableError(
      'What answers at BCC_INFLUX_URL does not say that it is InfluxDB: correct the address, or set BCC_TELEMETRY to influx1 or influx2',
      { fault: 'server' },
    )
  }

  async function open(kind: 'influx1' | 'influx2'): Promise<Opened> {
    engine = kind
    return kind === 'influx1'
      ? openInflux1({ url, database, user, password, timeoutMs })
      : openInflux2({ url, org, bucket, token: token ?? '', timeoutMs })
  }

  async function use<T>(run: (store: Opened) => Promise<T>): Promise<T> {
    opened ??= reopen()
    const mine = opened
    try {
      return await run(await mine)
    } catch (error) {
      if (opened === mine) opened = undefined
      throw error
    }
  }

  /** Once everything runs, a wrong server holds readings back like one that is away. */
  async function reopen(): Promise<Opened> {
    try {
      return await open(await askEngine())
    } catch (error) {
      if (!(error instanceof WrongServerError)) throw error
      throw new StoreUnavailableError(error.message, { fault: 'server' })
    }
  }

  if (options.engine === 'influx2') opened = Promise.resolve(await open('influx2'))
  return {
    get engine() {
      return engine
    },
    target: [url.replace(/\/$/, ''), org ?? '', database, bucket].join(' '),
    async confirm(mark) {
      const found = await askEngine()
      if (found !== engine) opened = undefined
      return use((store) => store.confirm(mark))
    },
    mark: (mark) => use((store) => store.mark(mark)),
    write: (readings) => use((store) => store.write(readings)),
    writeHistory: (history) => use((store) => store.writeHistory(history)),
    range: (query) => use((store) => store.range(query)),
    city: (query) => use((store) => store.city(query)),
    latest: () => use((store) => store.latest()),
    manual: (query) => use((store) => store.manual(query)),
    dropBefore: (ms) => use((store) => store.dropBefore(ms)),
    async health() {
      try {
        return await use((store) => store.health())
      } catch (error) {
        return { up: false, detail: error instanceof Error ? error.message : String(error) }
      }
    },
    async close() {},
  }
}
