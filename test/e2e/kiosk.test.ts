import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, onTestFinished, test } from 'vitest'
import { browserMissing, builtDashboard } from '../support/browser/browser.ts'
import { startWallBackend } from '../support/browser/wall-backend.ts'
import { siteDir } from '../support/browser/wall-pages.ts'
import { tempDir } from '../support/system/temp-dir.ts'
import { projectRoot } from '../support/system/whole-system.ts'

const missing = browserMissing()

/** Processes of the browser that has this profile, only those of a type if one is named. */
function processesOf(profile: string, type = ''): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
        return command.includes(`--user-data-dir=${profile}`) && command.includes(type) && command.includes('/chromium')
      } catch {
        return false
      }
    })
    .map(Number)
}

/** The frames that the page says it has drawn; 0 before it says anything. */
async function framesTold(profile: string): Promise<number> {
  const file = join(profile, 'DevToolsActivePort')
  if (!existsSync(file)) return 0
  const [port] = readFileSync(file, 'utf8').split('\n')
  const answer = await fetch(`http://127.0.0.1:${port}/json/list`).catch(() => undefined)
  return Number(/"title": ".*\((\d+)\)"/.exec((await answer?.text()) ?? '')?.[1] ?? 0)
}

function startScreen(profile: string, address: string): ChildProcess {
  const switches = ['--headless=new', '--no-sandbox', '--disable-gpu']
  const script = spawn(join(projectRoot, 'docs', 'kiosk', 'wall-screen.sh'), [profile, address, ...switches], {
    stdio: 'ignore',
  })
  onTestFinished(async () => {
    if (script.exitCode !== null || script.signalCode !== null) return
    script.kill('SIGTERM')
    await once(script, 'exit')
    await expect.poll(() => processesOf(profile)).toEqual([])
  })
  return script
}

describe.skipIf(missing)(`the machine behind the glass ${missing ?? ''}`, () => {
  test('a page that crashed is drawn again within 15 s', async () => {
    const server = await startWallBackend({ siteDir, distDir: builtDashboard(), signedIn: true })
    onTestFinished(() => server.close())
    const profile = tempDir()
    const screen = startScreen(profile, `${server.url}/layar`)
    await expect.poll(() => framesTold(profile), { timeout: 20_000 }).toBeGreaterThan(0)

    const crashedAt = Date.now()
    for (const pid of processesOf(profile, '--type=renderer')) process.kill(pid, 'SIGKILL')
    const [status] = await once(screen, 'exit')
    expect(status).toBe(1)
    await expect.poll(() => processesOf(profile)).toEqual([])

    // As left by a browser of this machine's former name.
    rmSync(join(profile, 'SingletonLock'), { force: true })
    symlinkSync('another-machine-4711', join(profile, 'SingletonLock'))
    // What systemd does: Restart=always, RestartSec=1.
    await sleep(1000)
    startScreen(profile, `${server.url}/layar`)
    await expect.poll(() => framesTold(profile), { timeout: 20_000 }).toBeGreaterThan(0)
    expect(Date.now() - crashedAt).toBeLessThan(15_000)
  })
})
