import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { openRegistry } from '../../../storage/registry/registry.ts'

export type Role = 'broker' | 'ingest' | 'api'

/** `npm start`, in processes of its own, without anything of a test runner. */
export interface WholeSystem {
  dir: string
  http: number
  mqtt: number
  /** Start of the process to the line that says it is ready. */
  readyMs: number
  supervisor: ChildProcess
  /** All that it wrote to standard output so far: its lines and its log. */
  printed(): string
  pid(role: Role): number | undefined
  /** Children of the supervisor. */
  processes(): number[]
  /** Everything is well, says `/readyz`. */
  isReady(): Promise<boolean>
  /** Asks it to end, and waits until it has. */
  stop(): Promise<void>
  /** Every process ends at once. */
  kill(): Promise<void>
}

export interface WholeSystemOptions {
  dir: string
  settings?: Record<string, string> | undefined
  /** Where it is started from; the project's folder when absent. */
  cwd?: string | undefined
  scheme?: 'http' | 'https' | undefined
  /** How long the start may take. */
  withinMs?: number | undefined
}

export const projectRoot = join(import.meta.dirname, '..', '..', '..')

export function environmentOf(dir: string, settings: Record<string, string> = {}): NodeJS.ProcessEnv {
  const ports = { BCC_HTTP_PORT: '0', BCC_MQTT_PORT: '0' }
  return { ...process.env, BCC_DATA_DIR: dir, ...ports, BCC_LOG_LEVEL: 'error', ...settings }
}

export async function startWholeSystem(options: WholeSystemOptions): Promise<WholeSystem> {
  const { dir, settings, cwd = projectRoot, scheme = 'http', withinMs = 20_000 } = options
  const startedMs = performance.now()
  const supervisor = spawn(process.execPath, [join(projectRoot, 'main.ts'), 'start'], {
    cwd,
    env: environmentOf(dir, settings),
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const endWithUs = () => supervisor.kill('SIGKILL')
  process.once('exit', endWithUs)
  supervisor.once('exit', () => process.off('exit', endWithUs))
  let printed = ''
  supervisor.stdout?.on('data', (chunk: Buffer) => {
    printed += chunk.toString()
  })
  await untilReady(supervisor, () => printed, withinMs)
  const readyMs = performance.now() - startedMs
  const ports = JSON.parse(readFileSync(join(dir, 'ports.json'), 'utf8'))
  return {
    dir,
    http: ports.http,
    mqtt: ports.mqtt,
    readyMs,
    supervisor,
    printed: () => printed,
    pid: (role) => processesOf(supervisor).find((id) => commandOf(id).at(-1) === role),
    processes: () => processesOf(supervisor),
    isReady: () =>
      fetch(`${scheme}://127.0.0.1:${ports.http}/readyz`).then(
        ({ ok }) => ok,
        () => false,
      ),
    stop: () => endProcess(supervisor),
    async kill() {
      const all = [supervisor.pid, ...processesOf(supervisor)]
      const ended = once(supervisor, 'exit')
      for (const pid of all) if (pid !== undefined) process.kill(pid, 'SIGKILL')
      await ended
    },
  }
}

async function untilReady(supervisor: ChildProcess, printed: () => string, withinMs: number): Promise<void> {
  const giveUpMs = performance.now() + withinMs
  while (!printed().includes('is ready')) {
    if (supervisor.exitCode !== null) throw new Error(`the system ended with ${supervisor.exitCode}`)
    if (performance.now() > giveUpMs) {
      supervisor.kill('SIGTERM')
      throw new Error(`the system was not ready in ${withinMs} ms`)
    }
    await sleep(10)
  }
}

export async function endProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  await ended
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

export interface TestDevice {
  id: string
  key: string
  topic: string
}

/** Registers buses in a data folder before the system starts on it. */
export async function registerBuses(dir: string, ids: readonly string[]): Promise<TestDevice[]> {
  return registerDevices(
    dir,
    ids.map((id) => ({ id, profile: 'trans-binjai-bus' })),
  )
}

/** The same for devices of any profile. */
export async function registerDevices(
  dir: string,
  wanted: readonly { id: string; profile: string }[],
): Promise<TestDevice[]> {
  const secret = join(dir, 'secret')
  mkdirSync(join(dir, 'run'), { recursive: true })
  if (!existsSync(secret)) writeFileSync(secret, crypto.getRandomValues(new Uint8Array(32)), { mode: 0o600 })
  const registry = await openRegistry({ file: join(dir, 'registry.db'), pepper: readFileSync(secret) })
  const devices: TestDevice[] = []
  for (const { id, profile } of wanted) {
    const { key, device } = await registry.devices.create({ id, profile })
    devices.push({ id, key, topic: `binjai/v1/${device.kind}/${id}/telemetry` })
  }
  await registry.close()
  return devices
}
