import { openSync, writeSync } from 'node:fs'
import { PerformanceObserver, performance } from 'node:perf_hooks'
import { isMainThread } from 'node:worker_threads'

/**
 * Loaded into a role by `NODE_OPTIONS=--import` of a test, and by nothing else: writes down how long the role's event
 * loop was held, each time as the clock and as the processor time of its thread count it. Where the second is much less
 * than the first, the machine did something else meanwhile.
 */

/** One line of the file that `LOOP_WATCH_FILE` names. */
export interface Hold {
  /** When it ended, ms since 1970. */
  atMs: number
  wallMs: number
  cpuMs: number
  /** Of the clock's time: collecting garbage. */
  gcMs: number
}

const everyMs = 1
/** Shorter ones are not told. */
const minMs = 8

function watch(file: string): void {
  const out = openSync(file, 'a')
  let last = performance.now()
  let lastCpu = process.threadCpuUsage()
  let gcMs = 0
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) gcMs += duration
  }).observe({ entryTypes: ['gc'] })
  setInterval(() => {
    const now = performance.now()
    const cpu = process.threadCpuUsage()
    const hold: Hold = {
      atMs: Date.now(),
      wallMs: now - last - everyMs,
      cpuMs: (cpu.user + cpu.system - lastCpu.user - lastCpu.system) / 1000,
      gcMs,
    }
    if (hold.wallMs >= minMs) writeSync(out, `${JSON.stringify(hold)}\n`)
    last = performance.now()
    lastCpu = process.threadCpuUsage()
    gcMs = 0
  }, everyMs).unref()
}

const file = process.env.LOOP_WATCH_FILE
if (isMainThread && file !== undefined && process.argv.at(-1) === process.env.LOOP_WATCH_ROLE) watch(file)
