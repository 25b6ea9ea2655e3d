import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { openStoreReader, type StoreReader } from '../support/storage/books.ts'
import {
  type Role,
  registerBuses,
  startWholeSystem,
  type TestDevice,
  type WholeSystem,
} from '../support/system/whole-system.ts'

export interface BenchSystem {
  /** Its data folder. */
  dir: string
  http: number
  mqtt: number
  devices: TestDevice[]
  probe: TestDevice
  password: string
  /** Start of the process to the line that says it is ready. */
  readyMs: number
  reader: StoreReader
  memory(): Memory
  pid(role: Role): number | undefined
  /** Processor time that each role has used so far, seconds over all its threads. */
  processorS(): Record<Role, number>
  /** kill -9 of a role; ms until `/readyz` says that all is well again. */
  killAndWait(role: Role): Promise<number>
  stop(): Promise<void>
}

export interface Memory {
  rssMb: number
  pssMb: number
}

/**
 * The whole system in processes of its own, with a fleet registered, in a folder of its own.
 * @param prepare puts something into that folder before the start.
 */
export async function startBenchSystem(
  fleetSize: number,
  prepare: (dir: string) => Promise<void> = async () => undefined,
): Promise<BenchSystem> {
  const dir = mkdtempSync(join(tmpdir(), 'bcc-bench-'))
  await prepare(dir)
  const ids = Array.from({ length: fleetSize }, (_, n) => `bench-${String(n).padStart(5, '0')}`)
  const devices = await registerBuses(dir, ids)
  const [probe] = await registerBuses(dir, ['probe'])
  if (probe === undefined) throw new Error('no probe')
  const system = await startWholeSystem({ dir })
  const reader = openStoreReader({ storePath: join(dir, 'store', 'hot.db'), journalDir: join(dir, 'journal') })
  return {
    dir,
    http: system.http,
    mqtt: system.mqtt,
    devices,
    probe,
    password: readFileSync(join(dir, 'admin-password'), 'utf8').trim(),
    readyMs: system.readyMs,
    reader,
    memory: () => roleMemory(system),
    pid: system.pid,
    processorS: () => ({ broker: usedS(system, 'broker'), ingest: usedS(system, 'ingest'), api: usedS(system, 'api') }),
    killAndWait: (role) => killAndWait(system, role),
    async stop() {
      await reader.close()
      await system.stop()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

async function killAndWait(system: WholeSystem, role: Role): Promise<number> {
  const victim = system.pid(role)
  if (victim === undefined) throw new Error(`there is no ${role}`)
  const startedMs = performance.now()
  process.kill(victim, 'SIGKILL')
  for (;;) {
    await sleep(10)
    if ((await system.isReady()) && ![undefined, victim].includes(system.pid(role)))
      return performance.now() - startedMs
  }
}

/** Of USER_HZ, which is 100 on every Linux that Node runs on (proc(5), utime and stime). */
const ticksPerS = 100

function usedS(system: WholeSystem, role: Role): number {
  const stat = readFileSync(`/proc/${system.pid(role)}/stat`, 'utf8')
  // Behind the name, which may hold spaces and brackets, the third field comes first.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / ticksPerS
}

/** Broker, ingest and api together, from /proc. PSS counts memory that they share once. */
export function roleMemory(system: WholeSystem): Memory {
  const sum = (name: string) =>
    system
      .processes()
      .map((child) => readFileSync(`/proc/${child}/smaps_rollup`, 'utf8'))
      .reduce((total, text) => total + Number(new RegExp(`^${name}: +(\\d+)`, 'm').exec(text)?.[1] ?? 0), 0) / 1024
  return { rssMb: sum('Rss'), pssMb: sum('Pss') }
}
