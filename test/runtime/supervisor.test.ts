import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { getPriority } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { expect, onTestFinished, test, vi } from 'vitest'
import { supervise } from '../../runtime/supervisor.ts'
import { tempDir } from '../support/system/temp-dir.ts'

const log = pino({ level: 'silent' })

function environmentOf(dir: string): Record<string, string> {
  return { BCC_DATA_DIR: dir, BCC_MQTT_PORT: '0', BCC_LOG_LEVEL: 'silent', PATH: process.env.PATH ?? '' }
}

test('a part that cannot be spawned for a moment is started again, and does not end the supervisor', async () => {
  const dir = tempDir()
  const environment = environmentOf(dir)
  const part = supervise({ command: ['broker'], environment, log })
  onTestFinished(() => part.stop())
  const { BCC_MQTT_PORT: port } = await part.ready
  expect(port).toBeGreaterThan(0)
  // As when the machine has no memory or process left: the program is not there to be started.
  const real = process.execPath
  onTestFinished(() => {
    process.execPath = real
  })
  process.execPath = join(dir, 'nothing-here')
  process.kill(part.pid() ?? 0, 'SIGKILL')
  await vi.waitFor(() => expect(part.pid()).toBeUndefined())
  process.execPath = real
  await vi.waitFor(() => expect(part.pid()).toBeGreaterThan(0), { timeout: 5000 })
})

test('a part that ends before it runs is not tried again', async () => {
  const file = join(tempDir(), 'not-a-folder')
  writeFileSync(file, '')
  const environment = { BCC_DATA_DIR: file, BCC_MQTT_PORT: '0', BCC_LOG_LEVEL: 'silent' }
  await expect(supervise({ command: ['broker'], environment, log }).ready).rejects.toThrow(/broker could not start/)
})

test('a part that hangs is ended, after 10 s and not before, and started again on the same port', async () => {
  // Of the supervisor: its watch's clock runs as the test says, everything else is real.
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] })
  onTestFinished(() => void vi.useRealTimers())
  const environment = environmentOf(tempDir())
  const part = supervise({ command: ['broker'], environment, log })
  onTestFinished(() => part.stop())
  const { BCC_MQTT_PORT: port = 0 } = await part.ready
  const hung = part.pid() ?? 0
  const answers = () =>
    new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => resolve(true))
      socket.on('error', () => resolve(false))
      onTestFinished(() => void socket.destroy())
    })
  process.kill(hung, 'SIGSTOP')
  const spent = { ms: 0, turns: 0 }
  /** It may have been stopped before its first beat, from which on it is watched: then it says one, and stops again. */
  function turn(): void {
    spent.turns += 1
    if (spent.turns % 40 === 0) {
      process.kill(hung, 'SIGCONT')
      spent.ms = 0
    } else if (spent.turns % 40 === 3 && spent.turns > 40) process.kill(hung, 'SIGSTOP')
    else {
      spent.ms += 500
      vi.advanceTimersByTime(500)
    }
  }
  await expect
    .poll(
      () => {
        if (part.pid() === hung) turn()
        return [undefined, hung].includes(part.pid())
      },
      { timeout: 10_000, interval: 20 },
    )
    .toBe(false)
  expect(spent.ms).toBeGreaterThanOrEqual(10_000)
  await expect.poll(answers, { timeout: 5000 }).toBe(true)
})

test('two of a kind do not work on one folder', async () => {
  const dir = tempDir()
  mkdirSync(join(dir, 'run'))
  const environment = environmentOf(dir)
  for (const role of ['broker', 'ingest']) {
    const one = supervise({ command: [role], environment, log })
    onTestFinished(() => one.stop())
    await one.ready
    const two = supervise({ command: [role], environment, log })
    onTestFinished(() => two.stop())
    await expect(two.ready).rejects.toThrow(/could not start/)
    expect(existsSync(join(dir, 'run', `${role}.sock`))).toBe(true)
  }
}, 40_000)

test.runIf(process.platform === 'linux')(
  'a part that is to stand back does so with all its threads',
  async () => {
    const dir = tempDir()
    mkdirSync(join(dir, 'run'))
    const environment = environmentOf(dir)
    const part = supervise({ command: ['broker'], environment, niceness: 3, log })
    onTestFinished(() => part.stop())
    await part.ready
    const threads = readdirSync(`/proc/${part.pid()}/task`).map(Number)
    expect(threads.length).toBeGreaterThan(5)
    expect(new Set(threads.map((thread) => getPriority(thread)))).toEqual(new Set([3]))
  },
  20_000,
)

test.runIf(process.platform === 'linux').each([
  ['SIGKILL', 'from outside'],
  ['SIGALRM', 'of itself'],
  ['SIGABRT', 'of itself'],
] as const)('what comes after %s hears that it ended %s', async (signal, told) => {
  const environment = environmentOf(tempDir())
  const part = supervise({ command: ['broker'], environment, log })
  onTestFinished(() => part.stop())
  await part.ready
  const first = part.pid() ?? 0
  const toldTo = (pid: number) =>
    /PROCESS_BEFORE_ENDED=([^\0]*)/.exec(readFileSync(`/proc/${pid}/environ`, 'utf8'))?.[1]
  expect(toldTo(first)).toBeUndefined()
  process.kill(first, signal)
  await vi.waitFor(() => expect([undefined, first]).not.toContain(part.pid()), { timeout: 5000 })
  await vi.waitFor(() => expect(toldTo(part.pid() ?? 0)).toBe(told), { timeout: 5000 })
})
