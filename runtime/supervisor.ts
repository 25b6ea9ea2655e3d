import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { setPriority } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import { beat, watchForSilence } from './heartbeat.ts'
import { describeEnd, type ProcessEnd } from './last-end.ts'
import { projectRoot } from './project-root.ts'

/** A part ended before it ran; it has said why on standard error. */
export class StartError extends Error {
  constructor(part: string) {
    super(`${part} could not start; nothing runs.`)
  }
}

/** Ports that a role listens on, by their settings. */
export type Ports = Record<string, number>

export interface Supervised {
  /** Resolves when the role has said for the first time that it runs. */
  ready: Promise<Ports>
  /** `undefined` while it does not run. */
  pid(): number | undefined
  /** Passes a signal on, if it runs. */
  signal(name: NodeJS.Signals): void
  stop(): Promise<void>
}

/**
 * V8 sizes its heap by the machine and would let garbage pile up to gigabytes on a large one. Measured with 5,000
 * devices connected: 483 MB for the broker without, 213 MB with (MB).
 */
const defaultFlags = ['--max-semi-space-size=4', '--max-old-space-size=384']

/**
 * How a process may use memory. `thrifty` keeps its young objects in half the room: some 15 MB less over ingest and
 * api with 5,000 devices connected. V8's own `--optimize-for-size` saved 15 MB more and cost more than that: every third
 * snapshot of 3 MB began a collection that held the api for up to 109 ms, and at 5,000/s ingest took 0.49 of a core with it
 * and 0.36 without, PUBACK p99 33 and 12 ms.
 */
export const memoryFlags = { usual: defaultFlags, thrifty: ['--max-semi-space-size=2', '--max-old-space-size=384'] }

/**
 * glibc gives each thread a heap of its own, and none of them is given back. Measured after a minute at 5,000/s: 55 MB
 * less over all roles with one heap for all threads (https://man7.org/linux/man-pages/man3/mallopt.3.html).
 */
const memoryEnvironment = { MALLOC_ARENA_MAX: '1' }

const stopWithinMs = 6000
const firstDelayMs = 50
const maxDelayMs = 1000
/** A process that lived this long was well; its next restart is at once again. */
const wellAfterMs = 10_000

export interface SuperviseOptions {
  /** What main.ts is to be called with. */
  command: string[]
  /** The whole environment of the new process. */
  environment: Record<string, string>
  /** Of its process, as `nice` has it: 0 is usual, and more stands back for others when cores are short. */
  niceness?: number | undefined
  memory?: keyof typeof memoryFlags | undefined
  /** Ended sooner when it hangs at full speed. */
  noticeLoops?: boolean | undefined
  log: Logger
}

/** Keeps one part running in a process of its own, whatever ends it once it has run. */
export function supervise({
  command,
  environment,
  niceness = 0,
  memory = 'usual',
  noticeLoops,
  log,
}: SuperviseOptions): Supervised {
  let child: ChildProcess | undefined
  let stopping = false
  let wasReady = false
  const chosen: Record<string, string> = {}
  let lastEnd: ProcessEnd = {}
  let delayMs = firstDelayMs
  const { promise: ready, resolve, reject } = Promise.withResolvers<Ports>()

  // A process that hangs holds its connections and answers nobody; only its end lets another begin.
  const watch = watchForSilence(
    (silentMs) => {
      log.error({ part: command[0], silentMs }, 'hangs, is ended and started again')
      child?.kill('SIGKILL')
    },
    () => (noticeLoops === true && child?.pid !== undefined ? processorMsOf(child.pid) : undefined),
  )

  function isReady(ports: Ports): void {
    wasReady = true
    // A port that was chosen freely once is kept over restarts.
    for (const [setting, port] of Object.entries(ports)) chosen[setting] = String(port)
    resolve(ports)
  }

  /** At once, while it has one thread: those that it makes later take after that one. */
  function standBack({ pid }: ChildProcess): void {
    if (pid === undefined || niceness === 0) return
    try {
      setPriority(pid, niceness)
    } catch (error) {
      log.warn({ part: command[0], err: error }, 'its priority could not be set')
    }
  }

  function onMessage(message: unknown): void {
    // Written by `serveRole` of main.ts.
    const { type, ports = {} } = Object(message) as { type?: unknown; ports?: Ports }
    if (type === beat.type) return watch.heard()
    // Watched from its first beat on; the simulator sends none.
    watch.ended()
    isReady(ports)
  }

  function start(): void {
    const startedMs = performance.now()
    try {
      child = spawn(process.execPath, [...memoryFlags[memory], join(projectRoot, 'main.ts'), ...command], {
        env: { ...memoryEnvironment, ...environment, ...chosen, ...describeEnd(lastEnd) },
        stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      })
    } catch (error) {
      return ended(startedMs, { error })
    }
    const started = child
    standBack(started)
    // At the very first start a person is watching, and only roles send beats.
    if (wasReady) watch.started()
    started.on('message', onMessage)
    started.on('exit', (code, signal) => ended(startedMs, { code, signal }))
    // A machine without memory or processes to give: there was no start, so there is no exit either.
    started.on('error', (error) => {
      if (started.pid === undefined) ended(startedMs, { error })
    })
  }

  function ended(startedMs: number, how: ProcessEnd & { error?: unknown }): void {
    child = undefined
    lastEnd = how
    watch.ended()
    if (stopping) return
    // What cannot start will not start the next time either; a person has to read why.
    if (!wasReady) return reject(new StartError(command[0] ?? ''))
    // SIGKILL comes from outside, and says nothing about how the next start will go.
    const isWell = how.signal === 'SIGKILL' || performance.now() - startedMs > wellAfterMs
    delayMs = isWell ? firstDelayMs : Math.min(maxDelayMs, delayMs * 2)
    log.warn({ part: command[0], ...how, delayMs }, 'ended, will be started again')
    setTimeout(() => stopping || start(), delayMs)
  }

  start()
  return {
    ready,
    pid: () => child?.pid,
    signal: (name) => void child?.kill(name),
    async stop() {
      stopping = true
      watch.close()
      const running = child
      if (running === undefined) return
      const gone = new Promise((resolve) => running.once('exit', resolve))
      running.kill('SIGTERM')
      const timer = new AbortController()
      const tooLong = sleep(stopWithinMs, undefined, { signal: timer.signal }).then(
        () => running.kill('SIGKILL'),
        () => undefined,
      )
      await Promise.race([gone, tooLong])
      timer.abort()
    },
  }
}

/** Of USER_HZ, which is 100 on every Linux that Node runs on (proc(5), utime and stime). */
const msPerTick = 10

/** Processor time of all threads of a process so far; `undefined` where nothing tells. */
function processorMsOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // Behind the name, which may hold spaces and brackets, the third field comes first.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return (Number(fields[11]) + Number(fields[12])) * msPerTick
  } catch {
    return undefined
  }
}
