import { writeSync } from 'node:fs'
import { workerData } from 'node:worker_threads'

const checkEveryMs = 100
/** Of processor time: one message is at most 1,000 readings, which take some 50 ms. */
const maxCpuMs = 2000
/** Nothing needs to answer it, and the next process hears that it was no kill from outside (runtime/last-end.ts). */
const endsItselfBy = 'SIGALRM'
/** For what waits instead of working, and where the processor has other work. */
const maxMs = 5000
/** Later than this, the machine stood still, and nobody hung. */
const lateMs = 1000

function watch(piece: Int32Array): void {
  let seen = 0
  let sinceMs = 0
  let cpuMs = 0
  let checkedMs = performance.now()

  function restart(): void {
    seen = Atomics.load(piece, 0)
    sinceMs = performance.now()
    cpuMs = cpuOfProcessMs()
  }

  setInterval(() => {
    const now = performance.now()
    const stoodStill = now - checkedMs > lateMs
    checkedMs = now
    if (stoodStill || Atomics.load(piece, 0) !== seen) return restart()
    if (seen === 0 || (now - sinceMs < maxMs && cpuOfProcessMs() - cpuMs < maxCpuMs)) return
    // The log is of the thread that hangs.
    writeSync(
      2,
      `{"level":50,"role":"ingest","msg":"one message is not done after ${Math.round(now - sinceMs)} ms; ends itself"}\n`,
    )
    process.kill(process.pid, endsItselfBy)
  }, checkEveryMs)
}

function cpuOfProcessMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

// Outside a thread it does nothing. Only `startWatchdog` starts it, with this.
if (workerData instanceof Int32Array) watch(workerData)
