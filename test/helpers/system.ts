import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, onTestFinished } from 'vitest'
import type { Pipeline } from '../../contract/http.ts'
import { tempDir } from './temp-dir.ts'

const root = join(import.meta.dirname, '..', '..')
const run = promisify(execFile)

export type Role = 'broker' | 'ingest' | 'api'

/** The whole system as an operator starts it: `npm start`, in processes of its own, in a folder of its own. */
export interface System {
  dir: string
  http: number
  mqtt: number
  /** `npm run bcc -- …`; rejects when it exits with anything but 0. */
  bcc(...args: string[]): Promise<string>
  /** Registers a device through the command line; returns its key. */
  addDevice(id: string, profile: string): Promise<string>
  login(): Promise<ApiClient>
  pid(role: Role): number | undefined
  /** Asks it to end, and waits until it has. */
  stop(): Promise<void>
  /** Power cut: every process ends at once. */
  kill(): Promise<void>
  killSupervisor(): Promise<void>
  /** Children of the supervisor. */
  processes(): number[]
  isReady(): Promise<boolean>
}

export interface ApiClient {
  /** Of the system, without a path. */
  base: string
  cookie: string
  get<T = unknown>(path: string): Promise<T>
  send(method: string, path: string, body?: unknown): Promise<Response>
  pipeline(): Promise<Pipeline>
}

export interface StartOptions {
  /** Data folder of an earlier system; a new one when absent. */
  dir?: string
  /** Where it is started from. */
  cwd?: string
  scheme?: 'http' | 'https'
}

export async function startSystem(
  settings: Record<string, string> = {},
  { dir = tempDir(), cwd = root, scheme = 'http' }: StartOptions = {},
): Promise<System> {
  const environment = {
    ...process.env,
    BCC_DATA_DIR: dir,
    BCC_HTTP_PORT: '0',
    BCC_MQTT_PORT: '0',
    BCC_LOG_LEVEL: 'error',
    ...settings,
  }
  const child = spawn(process.execPath, [join(root, 'main.ts'), 'start'], {
    cwd,
    env: environment,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => stop(child))
  let printed = ''
  child.stdout.on('data', (chunk: Buffer) => {
    printed += chunk.toString()
  })
  await expect.poll(() => printed, { timeout: 20_000 }).toContain('is ready')
  const ports = JSON.parse(readFileSync(join(dir, 'ports.json'), 'utf8'))
  const base = `${scheme}://127.0.0.1:${ports.http}`

  const system: System = {
    dir,
    http: ports.http,
    mqtt: ports.mqtt,
    async bcc(...args) {
      const { stdout } = await run(process.execPath, [join(root, 'main.ts'), 'bcc', ...args], { env: environment })
      return stdout
    },
    async addDevice(id, profile) {
      return JSON.parse(await system.bcc('device', 'add', id, '--profile', profile, '--json')).key
    },
    login: () => login(base, readFileSync(join(dir, 'admin-password'), 'utf8').trim()),
    pid: (role) => rolePid(child, role),
    stop: () => stop(child),
    async kill() {
      const all = [child.pid, ...processesOf(child)]
      const ended = once(child, 'exit')
      for (const pid of all) if (pid !== undefined) process.kill(pid, 'SIGKILL')
      await ended
    },
    async killSupervisor() {
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
    },
    processes: () => processesOf(child),
    isReady: () =>
      fetch(`${base}/readyz`).then(
        ({ ok }) => ok,
        () => false,
      ),
  }
  return system
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  await ended
}

/** The child of the supervisor that runs this role, from /proc. */
function rolePid(child: ChildProcess, role: Role): number | undefined {
  return processesOf(child).find((id) => commandOf(id).at(-1) === role)
}

function processesOf({ pid }: ChildProcess): number[] {
  const children = `/proc/${pid}/task/${pid}/children`
  if (!existsSync(children)) return []
  return readFileSync(children, 'utf8')
    .split(' ')
    .filter((text) => text !== '')
    .map(Number)
}

function commandOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
      .split('\0')
      .filter((part) => part !== '')
  } catch {
    return []
  }
}

async function login(base: string, password: string): Promise<ApiClient> {
  const headers = { 'content-type': 'application/json' }
  const body = JSON.stringify({ username: 'admin', password })
  const response = await fetch(`${base}/api/v1/session`, { method: 'POST', headers, body })
  expect(response.ok).toBe(true)
  const cookie = response.headers.get('set-cookie')?.split(';')[0] ?? ''

  async function send(method: string, path: string, data?: unknown): Promise<Response> {
    const content = data === undefined ? {} : { body: JSON.stringify(data) }
    return fetch(`${base}/api/v1${path}`, { method, headers: { ...headers, cookie }, ...content })
  }

  async function get<T>(path: string): Promise<T> {
    const answer = await send('GET', path)
    if (!answer.ok) throw new Error(`${path}: ${answer.status}`)
    // The shape is the caller's to check.
    return (await answer.json()) as T
  }

  return { base, cookie, get, send, pipeline: () => get<Pipeline>('/pipeline') }
}

export function rejectedTotal({ rejected }: Pick<Pipeline, 'rejected'>): number {
  return Object.values(rejected).reduce((sum, n) => sum + n, 0)
}

export function expectBalance(pipeline: Pipeline): void {
  const { received, stored, duplicates, waiting } = pipeline
  expect(stored + duplicates + rejectedTotal(pipeline) + waiting).toBe(received)
}
