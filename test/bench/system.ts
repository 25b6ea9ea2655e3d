import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { openRegistry } from '../../api/registry/registry.ts'
import { type LocalReader, openLocalReader } from '../../ingest/store/local-reader.ts'

export interface BenchDevice {
  id: string
  key: string
  topic: string
}

export interface BenchSystem {
  http: number
  mqtt: number
  devices: BenchDevice[]
  probe: BenchDevice
  password: string
  /** Start of the process to the line that says it is ready. */
  readyMs: number
  reader: LocalReader
  memory(): Memory
  /** kill -9 of a role; ms until `/readyz` says that all is well again. */
  killAndWait(role: string): Promise<number>
  stop(): Promise<void>
}

export interface Memory {
  rssMb: number
  pssMb: number
}

const root = join(import.meta.dirname, '..', '..')
const profile = 'trans-binjai-bus'

/** The whole system in processes of its own, with a fleet registered, in a folder of its own. */
export async function startBenchSystem(fleetSize: number): Promise<BenchSystem> {
  const dir = mkdtempSync(join(tmpdir(), 'bcc-bench-'))
  const pepper = randomBytes(32)
  writeFileSync(join(dir, 'secret'), pepper)
  mkdirSync(join(dir, 'run'))
  const registry = await openRegistry({ file: join(dir, 'registry.db'), pepper })
  const register = async (id: string): Promise<BenchDevice> => {
    const { key } = await registry.devices.create({ id, profile })
    return { id, key, topic: `binjai/v1/bus/${id}/telemetry` }
  }
  const devices: BenchDevice[] = []
  for (let n = 0; n < fleetSize; n += 1) devices.push(await register(`bench-${String(n).padStart(5, '0')}`))
  const probe = await register('probe')
  await registry.close()

  const settings = { BCC_DATA_DIR: dir, BCC_HTTP_PORT: '0', BCC_MQTT_PORT: '0', BCC_LOG_LEVEL: 'error' }
  const startedMs = performance.now()
  const child = spawn(process.execPath, [join(root, 'main.ts'), 'start'], {
    env: { ...process.env, ...settings },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await untilReady(child)
  const readyMs = performance.now() - startedMs
  const ports = JSON.parse(readFileSync(join(dir, 'ports.json'), 'utf8'))
  const reader = openLocalReader({ storePath: join(dir, 'store', 'hot.db'), journalDir: join(dir, 'journal') })
  return {
    http: ports.http,
    mqtt: ports.mqtt,
    devices,
    probe,
    password: readFileSync(join(dir, 'admin-password'), 'utf8').trim(),
    readyMs,
    reader,
    memory: () => roleMemory(child),
    killAndWait: (role) => killAndWait(child, role, ports.http),
    async stop() {
      await reader.close()
      const ended = once(child, 'exit')
      child.kill('SIGTERM')
      await ended
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

async function untilReady(child: ChildProcess): Promise<void> {
  let printed = ''
  child.stdout?.on('data', (chunk: Buffer) => {
    printed += chunk.toString()
  })
  while (!printed.includes('is ready')) await sleep(10)
}

function childrenOf({ pid }: ChildProcess): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number)
}

async function killAndWait(supervisor: ChildProcess, role: string, http: number): Promise<number> {
  const victim = childrenOf(supervisor).find((pid) => commandOf(pid).includes(role))
  if (victim === undefined) throw new Error(`there is no ${role}`)
  const startedMs = performance.now()
  process.kill(victim, 'SIGKILL')
  for (;;) {
    await sleep(10)
    const ready = await fetch(`http://127.0.0.1:${http}/readyz`).then(
      ({ ok }) => ok,
      () => false,
    )
    const others = childrenOf(supervisor).filter((pid) => pid !== victim)
    if (ready && others.some((pid) => commandOf(pid).includes(role))) return performance.now() - startedMs
  }
}

function commandOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
  } catch {
    return []
  }
}

/** Broker, ingest and api together, from /proc. PSS counts memory that they share once. */
function roleMemory(supervisor: ChildProcess): Memory {
  const sum = (name: string) =>
    childrenOf(supervisor)
      .map((child) => readFileSync(`/proc/${child}/smaps_rollup`, 'utf8'))
      .reduce((total, text) => total + Number(new RegExp(`^${name}: +(\\d+)`, 'm').exec(text)?.[1] ?? 0), 0) / 1024
  return { rssMb: sum('Rss'), pssMb: sum('Pss') }
}
