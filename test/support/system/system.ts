import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, onTestFinished } from 'vitest'
import type { PipelineCounters } from '../../../contract/feed.ts'
import type { CountedPipeline } from '../city/scripted-pipeline.ts'
import { tempDir } from './temp-dir.ts'
import { environmentOf, projectRoot, type Role, startWholeSystem, type WholeSystem } from './whole-system.ts'

export type { Role }

const run = promisify(execFile)

/** The whole system as an operator starts it: `npm start`, in processes of its own, in a folder of its own. */
export interface System extends WholeSystem {
  /** `npm run bcc -- …`; rejects when it exits with anything but 0. */
  bcc(...args: string[]): Promise<string>
  /** Registers a device through the command line; returns its key. */
  addDevice(id: string, profile: string): Promise<string>
  login(): Promise<ApiClient>
  killSupervisor(): Promise<void>
}

export interface ApiClient {
  /** Of the system, without a path. */
  base: string
  cookie: string
  get<T = unknown>(path: string): Promise<T>
  send(method: string, path: string, body?: unknown): Promise<Response>
  /** Of a system that is ready: then ingest has told its counters. */
  pipeline(): Promise<CountedPipeline>
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
  { dir = tempDir(), cwd = projectRoot, scheme = 'http' }: StartOptions = {},
): Promise<System> {
  const whole = await startWholeSystem({ dir, settings, cwd, scheme })
  onTestFinished(() => whole.stop())
  const base = `${scheme}://127.0.0.1:${whole.http}`
  const environment = environmentOf(dir, settings)

  const system: System = {
    ...whole,
    async bcc(...args) {
      const { stdout } = await run(process.execPath, [join(projectRoot, 'main.ts'), 'bcc', ...args], {
        env: environment,
      })
      return stdout
    },
    async addDevice(id, profile) {
      return JSON.parse(await system.bcc('device', 'add', id, '--profile', profile, '--json')).key
    },
    login: () => login(base, readFileSync(join(dir, 'admin-password'), 'utf8').trim()),
    async killSupervisor() {
      const ended = once(whole.supervisor, 'exit')
      whole.supervisor.kill('SIGKILL')
      await ended
    },
  }
  return system
}

/** As the first admin. */
export async function login(base: string, password: string): Promise<ApiClient> {
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

  return { base, cookie, get, send, pipeline: () => get<CountedPipeline>('/pipeline') }
}

export function rejectedTotal({ rejected }: PipelineCounters): number {
  return Object.values(rejected).reduce((sum, n) => sum + n, 0)
}

export function expectBalance(pipeline: PipelineCounters): void {
  const { received, stored, duplicates, waiting } = pipeline
  expect(stored + duplicates + rejectedTotal(pipeline) + waiting).toBe(received)
}
