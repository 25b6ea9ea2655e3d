import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { registerBuses, startWholeSystem, type WholeSystem } from '../../support/system/whole-system.ts'
import { type Publishers, startPublishers } from '../publishers.ts'
import { rounds, type Scenario, type TortureFigure, type Trial } from '../scenario.ts'
import { earlierTodayMs, imbalanceOf, lostOf, readStored, settled } from '../stored.ts'

const times = 2
const sizeMb = { journal: 12, store: 32 } as const
type Folder = keyof typeof sizeMb
const fullForMs = 5000
const ratePerS = 100
const devicesCount = 10

/** Takes what is left of a file system away, down to the last block. */
export function fillFolder(folder: string): () => void {
  const path = join(folder, 'filler')
  const { bsize } = statfsSync(folder)
  for (let part = 0; statfsSync(folder).bavail > 0; part += 1) {
    try {
      writeFileSync(`${path}-${part}`, Buffer.alloc(statfsSync(folder).bavail * bsize))
    } catch {
      // Somebody else took the last block.
    }
  }
  return () => {
    for (let part = 0; existsSync(`${path}-${part}`); part += 1) rmSync(`${path}-${part}`)
  }
}

async function acknowledgesAgain(load: Publishers): Promise<void> {
  const before = load.acknowledgedCount()
  while (load.acknowledgedCount() < before + devicesCount) await sleep(10)
}

/** Milliseconds from free space to: acknowledged again, ingest up to date, everything well. */
async function fillAndFree(system: WholeSystem, folder: Folder, load: Publishers): Promise<number> {
  const free = fillFolder(join(system.dir, folder))
  await sleep(fullForMs)
  free()
  const freedMs = performance.now()
  await acknowledgesAgain(load)
  while (!(await system.isReady())) await sleep(20)
  return performance.now() - freedMs
}

export const diskFull: Scenario = {
  name: 'disk-full',
  promise: 'A full disk costs no acknowledged message, and when there is room again it goes on by itself.',
  how: 'The folders of the journal and of the store are small tmpfs file systems; each is filled to the last block under load, twice, for 5 s.',
  minutes: 1.5,
  quickScale: 0,
  missing: () => (process.getuid?.() === 0 ? undefined : 'only root may mount a tmpfs'),
  async run(trial) {
    const { dir } = trial
    const mounted: string[] = []
    for (const [folder, mb] of Object.entries(sizeMb)) {
      const path = join(dir, folder)
      mkdirSync(path)
      execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${mb}m`, 'bcc-torture', path])
      mounted.push(path)
    }
    try {
      return await fillTwice(trial)
    } finally {
      for (const path of mounted) execFileSync('umount', ['-l', path])
    }
  },
}

async function fillTwice({ dir, scale, log }: Trial): Promise<TortureFigure[]> {
  const devices = await registerBuses(
    dir,
    Array.from({ length: devicesCount }, (_, n) => `bus-${n}`),
  )
  const settings = { BCC_JOURNAL_QUOTA_MB: '1000', BCC_LOG_LEVEL: 'silent' }
  const system = await startWholeSystem({ dir, settings })
  try {
    const load = startPublishers({ port: system.mqtt, devices, window: 20, ratePerS, firstMs: earlierTodayMs() })
    const backMs: Record<Folder, number[]> = { journal: [], store: [] }
    for (let time = 1; time <= rounds(times, scale); time += 1) {
      for (const folder of ['journal', 'store'] as const) {
        log(`the disk of the ${folder} is full, time ${time}`)
        await acknowledgesAgain(load)
        backMs[folder].push(await fillAndFree(system, folder, load))
      }
    }
    await load.stop()
    const counters = await settled(dir)
    const none = { unit: '', asked: 0, better: 'less' } as const
    const back = (folder: Folder): TortureFigure => ({
      what: `room on the disk of the ${folder}, to all is well again`,
      reached: Math.max(...backMs[folder]),
      unit: 'ms',
      asked: 5000,
      better: 'less',
      timed: true,
    })
    return [
      back('journal'),
      back('store'),
      { what: 'messages acknowledged', reached: load.acknowledgedCount(), unit: '', better: 'more' },
      { what: 'acknowledged and lost', reached: lostOf(load.acknowledged(), readStored(dir)), ...none },
      { what: 'readings that the counters miss', reached: imbalanceOf(counters), ...none },
    ]
  } finally {
    await system.stop()
  }
}
