import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'

/**
 * Why tests that need this program cannot run here, or `undefined` when it is installed. On CI a missing program is a
 * failure, not a reason to skip.
 */
export function missingProgram(name: string): string | undefined {
  if (programPath(name)) return undefined
  const reason = `${name} is not installed (Debian: apt-get install ${debianPackages[name] ?? name})`
  if (process.env.CI === 'true') throw new Error(reason)
  process.stderr.write(`skipped: ${reason}\n`)
  return reason
}

const debianPackages: Record<string, string> = { influxd: 'influxdb' }

function programPath(name: string): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter)
  return [...folders, '/usr/bin', '/usr/sbin'].map((folder) => join(folder, name)).find(isExecutable)
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** A port that nobody listens on at present. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no TCP port')
  return address.port
}

export function temporaryFolder(name: string): { path: string; remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), `bcc-${name}-`))
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}

export interface RunningProgram {
  /** Ends it without warning; what it held stays on disk. */
  kill(): Promise<void>
  /** Stands still: accepts connections (the kernel does) and never answers. */
  pause(): void
  resume(): void
  /** Starts it again on the same port and folders. */
  start(): Promise<void>
}

/** Starts a server program and waits until `ready` answers; ends it with the test process. */
export async function runProgram(name: string, args: string[], ready: () => Promise<boolean>): Promise<RunningProgram> {
  const path = programPath(name)
  if (!path) throw new Error(`${name} is not installed`)
  let child: ChildProcess | undefined
  const killWithUs = () => child?.kill('SIGKILL')

  const start = async () => {
    const started = spawn(path, args, { stdio: ['ignore', 'ignore', 'pipe'] })
    child = started
    let words = ''
    started.stderr.on('data', (text) => {
      words = (words + String(text)).slice(-2000)
    })
    process.once('exit', killWithUs)
    const giveUpMs = Date.now() + 20_000
    while (!(await ready())) {
      if (started.exitCode !== null) throw new Error(`${name} ended: ${words}`)
      if (Date.now() > giveUpMs) throw new Error(`${name} did not answer in 20 s: ${words}`)
      await new Promise((resolve) => setTimeout(resolve, 25))
    }
  }

  await start()
  return {
    start,
    async kill() {
      process.off('exit', killWithUs)
      if (!child || child.exitCode !== null || child.signalCode !== null) return
      const gone = once(child, 'exit')
      child.kill('SIGKILL')
      await gone
    },
    pause() {
      child?.kill('SIGSTOP')
      while (child?.pid !== undefined && isRunning(child.pid));
    },
    resume: () => child?.kill('SIGCONT'),
  }
}

/** Whether any thread of a process is not stopped (yet): proc(5), `stat`, the letter behind the name. */
function isRunning(pid: number): boolean {
  const threads = `/proc/${pid}/task`
  return readdirSync(threads).some((thread) => !/\) [TtZX] /.test(readFileSync(`${threads}/${thread}/stat`, 'utf8')))
}
