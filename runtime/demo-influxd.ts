import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { delimiter, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ConfigError } from './config.ts'

/** An InfluxDB 1.x for the demo alone: on loopback, with its data beside the demo's. */
export interface DemoInfluxd {
  url: string
  /** Where it is and how it is asked, to be printed. */
  lines(database: string): string[]
  /** What main.ts is to be called with, to run it. */
  command: string[]
}

const program = 'influxd'
const exampleQuery = 'SELECT mean("speed_kmh") FROM "trans-binjai-bus" WHERE time > now() - 10m GROUP BY "device"'

/** Throws ConfigError where it is not installed, or another InfluxDB is set. */
export async function prepareInfluxd(
  dataDir: string,
  { PATH = '', BCC_INFLUX_URL }: Record<string, string | undefined>,
): Promise<DemoInfluxd> {
  if (BCC_INFLUX_URL)
    throw new ConfigError(['BCC_INFLUX_URL is set, so the demo uses that InfluxDB: leave --influx out.'])
  const path = programIn(PATH)
  if (path === undefined) {
    throw new ConfigError([
      'demo --influx needs influxd, which is not installed: apt install influxdb (Debian, Ubuntu), or set BCC_INFLUX_URL to a server elsewhere.',
    ])
  }
  const dir = join(dataDir, 'influxdb')
  const port = await portOf(dir)
  const url = `http://127.0.0.1:${port}`
  return {
    url,
    lines: (database) => [
      `  InfluxDB          ${url}   (database ${database}), to be asked so:`,
      `    curl -G '${url}/query?db=${database}' --data-urlencode 'q=${exampleQuery}'`,
    ],
    command: ['influxd', path, dir, String(port)],
  }
}

function programIn(path: string): string | undefined {
  return path
    .split(delimiter)
    .map((folder) => join(folder, program))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK)
        return true
      } catch {
        return false
      }
    })
}

/** The port of last time, so that it is the same place again, unless somebody else has it now. */
async function portOf(dir: string): Promise<number> {
  mkdirSync(dir, { recursive: true })
  const file = join(dir, 'port')
  const last = existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0
  const port = (last > 0 ? await tryPort(last) : undefined) ?? (await tryPort(0))
  writeFileSync(file, String(port))
  return port ?? 0
}

async function tryPort(wanted: number): Promise<number | undefined> {
  const server = createServer()
  try {
    server.listen(wanted, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    return typeof address === 'object' ? address?.port : undefined
  } catch {
    return undefined
  } finally {
    server.close()
  }
}

const configOf = (dir: string, port: string) => `
reporting-disabled = true
bind-address = "127.0.0.1:0"
[meta]
  dir = "${dir}/meta"
[data]
  dir = "${dir}/data"
  wal-dir = "${dir}/wal"
  index-version = "tsi1"
[http]
  bind-address = "127.0.0.1:${port}"
  log-enabled = false
[monitor]
  store-enabled = false
[logging]
  level = "warn"
`

/** Runs influxd until this process is told to end, or loses its supervisor; ends with it. */
export async function runInfluxd([path = '', dir = '', port = '']: string[]): Promise<void> {
  await endStray(dir)
  const config = join(dir, 'influxdb.conf')
  writeFileSync(config, configOf(dir, port))
  const child = spawn(path, ['-config', config], { stdio: ['ignore', 'ignore', 'inherit'] })
  writeFileSync(pidFile(dir), String(child.pid))
  for (const signal of ['SIGTERM', 'SIGINT', 'disconnect'] as const) process.on(signal, () => void child.kill())
  child.once('spawn', () => process.send?.({ ports: {} }))
  const [code] = await once(child, 'exit')
  process.exit(code === 0 ? 0 : 1)
}

/** After so long it is ended the hard way. */
const endWithinMs = 10_000

const pidFile = (dir: string) => join(dir, 'influxd.pid')

/** One of ours that was left alone by a kill: two on the same folder would damage it. */
async function endStray(dir: string): Promise<void> {
  const pid = existsSync(pidFile(dir)) ? Number(readFileSync(pidFile(dir), 'utf8')) : 0
  const hardMs = performance.now() + endWithinMs
  while (isOurs(pid, dir)) {
    signal(pid, performance.now() < hardMs ? 'SIGTERM' : 'SIGKILL')
    await sleep(50)
  }
}

function signal(pid: number, name: 'SIGTERM' | 'SIGKILL'): void {
  try {
    process.kill(pid, name)
  } catch {
    // It has ended meanwhile.
  }
}

function isOurs(pid: number, dir: string): boolean {
  if (!(pid > 0)) return false
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(`${dir}/influxdb.conf`)
  } catch {
    return false
  }
}
