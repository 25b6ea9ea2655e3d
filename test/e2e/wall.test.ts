import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, onTestFinished, test } from 'vitest'
import { browserMissing, builtDashboard, openBrowser, openPage } from '../support/browser/browser.ts'
import { missingProgram } from '../support/influx/influx-process.ts'
import { startSystem } from '../support/system/system.ts'

const run = promisify(execFile)
const missing = browserMissing() ?? missingProgram('mosquitto_pub')

describe.skipIf(missing)('the whole way, from mosquitto_pub to a real browser', () => {
  test('a bus is on the wall at once, and nothing looks live once the server is gone', async () => {
    builtDashboard()
    const system = await startSystem()
    const key = await system.addDevice('bus-07', 'trans-binjai-bus')
    const browser = await openBrowser()
    onTestFinished(() => browser.close())
    const base = `http://127.0.0.1:${system.http}`
    const { page, complaints, strays } = await openPage(browser, `${base}/masuk`)

    await page.fill('input[name=username]', 'admin')
    await page.fill('input[name=password]', readFileSync(join(system.dir, 'admin-password'), 'utf8').trim())
    await page.click('button[type=submit]')
    const bus = page.locator('[data-id=bus-07]').first()
    await expect.poll(() => bus.getAttribute('data-state'), { timeout: 10_000 }).toBe('unknown')

    // Asking who is signed in was answered with 401 before there was anyone; browsers write that down.
    complaints.length = 0

    const position = { ts: new Date().toISOString(), lat: 3.6001, lon: 98.4854, speed_kmh: 31.5, heading_deg: 90 }
    await run('mosquitto_pub', [
      ...['-h', '127.0.0.1', '-p', String(system.mqtt), '-u', 'bus-07', '-P', key, '-q', '1'],
      ...['-t', 'binjai/v1/bus/bus-07/telemetry', '-m', JSON.stringify(position)],
    ])
    await expect.poll(() => bus.getAttribute('data-state'), { timeout: 5000, interval: 20 }).toBe('online')
    expect(strays).toEqual([])
    expect(complaints).toEqual([])

    const api = system.pid('api')
    if (api === undefined) throw new Error('no process of api')
    process.kill(api, 'SIGSTOP')
    const hungAt = Date.now()
    onTestFinished(() => {
      process.kill(api, 'SIGCONT')
    })
    await page.locator('[data-band=lost]').waitFor({ timeout: 10_000 })
    expect(Date.now() - hungAt).toBeLessThan(3500)
    expect(await page.locator('[data-band=lost]').textContent()).toContain('SAMBUNGAN PUTUS')
    expect(await page.locator('[data-state=online]').count()).toBe(0)
  })

  test.each(['broker', 'ingest'] as const)(
    'a %s that hangs is told within 6 s, though no device says anything',
    async (role) => {
      builtDashboard()
      const system = await startSystem()
      const browser = await openBrowser()
      onTestFinished(() => browser.close())
      const { page } = await openPage(browser, `http://127.0.0.1:${system.http}/masuk`)
      await page.fill('input[name=username]', 'admin')
      await page.fill('input[name=password]', readFileSync(join(system.dir, 'admin-password'), 'utf8').trim())
      await page.click('button[type=submit]')
      await expect
        .poll(() => page.locator('.data-age').getAttribute('data-age-s'), { timeout: 10_000 })
        .toMatch(/^[012]$/)
      const pid = system.pid(role)
      if (pid === undefined) throw new Error(`no process of ${role}`)
      process.kill(pid, 'SIGSTOP')
      const hungAt = Date.now()
      await page.locator('[data-band=stopped]').waitFor({ timeout: 9000 })
      expect(Date.now() - hungAt).toBeLessThan(6000)
      expect(await page.locator('html').getAttribute('data-link')).toBe('up')
      process.kill(pid, 'SIGCONT')
      await expect.poll(() => page.locator('[data-band=stopped]').count(), { timeout: 10_000 }).toBe(0)
    },
  )
})
