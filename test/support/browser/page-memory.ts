import { readdirSync, readFileSync } from 'node:fs'
import type { Page } from 'playwright-core'
import { rssMb } from '../../torture/process-use.ts'

/** What a page holds once everything that could be freed was. */
export interface HeldMemory {
  /** Of JavaScript, MB. */
  heapMb: number
  /** Of all documents, those that were taken out and are still held too. */
  nodes: number
  listeners: number
}

const keptLooks = 5

/** Has the page's garbage collected and counts the rest, by the browser's own protocol. */
export async function openPageMemory(page: Page): Promise<{
  collect(): Promise<void>
  held(): Promise<HeldMemory>
  /** The least of several looks, a second apart: what is held for a moment is missing in one of them, a leak in none. */
  kept(): Promise<HeldMemory>
}> {
  const session = await page.context().newCDPSession(page)
  await session.send('Performance.enable')
  /** What one round frees may hold on to more, by way of a finalizer. */
  const collect = async () => {
    for (const _ of [1, 2]) await session.send('HeapProfiler.collectGarbage')
  }
  const held = async (): Promise<HeldMemory> => {
    await collect()
    const { metrics } = await session.send('Performance.getMetrics')
    const figure = (wanted: string) => metrics.find(({ name }) => name === wanted)?.value ?? Number.NaN
    return { heapMb: figure('JSHeapUsedSize') / 1e6, nodes: figure('Nodes'), listeners: figure('JSEventListeners') }
  }
  return {
    collect,
    held,
    async kept() {
      const looks: HeldMemory[] = []
      for (let i = 0; i < keptLooks; i++) {
        looks.push(await held())
        await page.waitForTimeout(1000)
      }
      const least = (figure: keyof HeldMemory) => Math.min(...looks.map((look) => look[figure]))
      return { heapMb: least('heapMb'), nodes: least('nodes'), listeners: least('listeners') }
    },
  }
}

/** Parents of all processes (proc(5): the fourth field of `stat`). */
function parents(): Map<number, number> {
  const found = new Map<number, number>()
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const [, parent] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? []
      found.set(Number(pid), Number(parent))
    } catch {
      // It has just ended.
    }
  }
  return found
}

/** Resident memory of everything that this process started, MB; pages that several of them share count in each. */
export function childrenRssMb(): number {
  const parentOf = parents()
  const isOurs = (pid: number | undefined): boolean =>
    pid !== undefined && pid > 1 && (parentOf.get(pid) === process.pid || isOurs(parentOf.get(pid)))
  return [...parentOf.keys()].filter(isOurs).reduce((sum, pid) => sum + rssMb(pid), 0)
}
