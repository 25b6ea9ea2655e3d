import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'

/** A part ended before it ran; it has said why on standard error. */
export class StartError extends Error {
  constructor(part: string) {
    super(`${part} could not start; nothing runs.`)
  }
}

export interface Supervised {
  /** Resolves when the role has said for the first time that it runs. */
  ready: Promise<number | undefined>
  stop(): Promise<void>
}

/**
 * V8 sizes its heap by the machine and would let garbage pile up to gigabytes on a large one. Measured with 5,000
 * devices connected: 483 MB for the broker without, 213 MB with (MB).
 */
const memoryFlags = ['--max-semi-space-size=4', '--max-old-space-size=384']

const firstDelayMs = 50
const mostDelayMs = 1000
/** A process that lived this long was well; its next restart is at once again. */
const wellAfterMs = 10_000

export interface SuperviseOptions {
  /** What main.ts is to be called with. */
  command: string[]
  /** The whole environment of the new process. */
  environment: Record<string, string>
  /** The setting that holds its port. */
  portSetting?: string | undefined
  log: Logger
}

/** Keeps one part running in a process of its own, whatever ends it once it has run. */
export function supervise({ command, environment, portSetting, log }: SuperviseOptions): Supervised {
  let child: ChildProcess
  let stopping = false
  let wasReady = false
  const chosen: Record<string, string> = {}
  let delayMs = firstDelayMs
  const { promise: ready, resolve, reject } = Promise.withResolvers<number | undefined>()

  function isReady(port: number | undefined): void {
    wasReady = true
    resolve(port)
  }

  function start(): void {
    const startedMs = Date.now()
    child = spawn(process.execPath, [...memoryFlags, join(import.meta.dirname, 'main.ts'), ...command], {
      env: { ...environment, ...chosen },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    })
    child.on('message', (message) => {
      const port = Object(message).port as unknown
      // A port that was chosen freely once is kept over restarts.
      if (typeof port === 'number' && portSetting !== undefined) chosen[portSetting] = String(port)
      isReady(typeof port === 'number' ? port : undefined)
    })
    child.on('exit', (code, signal) => {
      if (stopping) return
      // What cannot start will not start the next time either; a person has to read why.
      if (!wasReady) return reject(new StartError(command[0] ?? ''))
      delayMs = Date.now() - startedMs > wellAfterMs ? firstDelayMs : Math.min(mostDelayMs, delayMs * 2)
      log.warn({ part: command[0], code, signal, delayMs }, 'ended, will be started again')
      setTimeout(() => stopping || start(), delayMs)
    })
  }

  start()
  return {
    ready,
    async stop() {
      stopping = true
      if (child.exitCode !== null || child.signalCode !== null) return
      const ended = new Promise((resolve) => child.once('exit', resolve))
      child.kill('SIGTERM')
      await Promise.race([ended, sleep(6000).then(() => child.kill('SIGKILL'))])
    },
  }
}
