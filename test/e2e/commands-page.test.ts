import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { describe, expect, onTestFinished, test } from 'vitest'
import { answerAsDevice, listenAsDevice } from '../support/broker/mosquitto-device.ts'
import { browserMissing, builtDashboard, openBrowser, openPage } from '../support/browser/browser.ts'
import { missingProgram } from '../support/influx/influx-process.ts'
import { startSystem } from '../support/system/system.ts'

const missing = browserMissing() ?? missingProgram('mosquitto_sub') ?? missingProgram('mosquitto_pub')

const words = (page: Page) => page.locator('.command-state').first().textContent()

describe.skipIf(missing)('commands, from a browser to a device and back', () => {
  test('an answer is seen within a second, a second person agrees, and one that nobody hears expires', async () => {
    builtDashboard()
    const system = await startSystem()
    const key = await system.addDevice('light-1', 'street-light')
    const light = { id: 'light-1', key, kind: 'sensor', port: system.mqtt }
    const { password } = JSON.parse(await system.bcc('user', 'add', 'budi', '--role', 'supervisor', '--json'))
    const browser = await openBrowser()
    onTestFinished(() => browser.close())
    const base = `http://127.0.0.1:${system.http}`

    async function signIn(name: string, secret: string, path: string): Promise<Page> {
      const { page } = await openPage(browser, `${base}/masuk?next=${encodeURIComponent(path)}`)
      await page.fill('input[name=username]', name)
      await page.fill('input[name=password]', secret)
      await page.click('button[type=submit]')
      return page
    }
    const adminPassword = readFileSync(join(system.dir, 'admin-password'), 'utf8').trim()
    const admin = await signIn('admin', adminPassword, '/konsol/perangkat?focus=light-1')
    await admin.locator('.device-commands > summary').click()
    await admin.selectOption('[name=command]', 'switch')
    await admin.check('[name=arg-on]')
    await admin.click('.command-form .primary')
    await expect.poll(() => words(admin)).toBe('Menunggu perangkat')

    const device = await listenAsDevice(light)
    const heardMs = performance.now()
    await expect.poll(() => words(admin), { interval: 10 }).toBe('Diterima perangkat, menunggu hasil')
    const sentAfterMs = performance.now() - heardMs
    const [command] = device.heard()
    expect(command).toMatchObject({ name: 'switch', args: { on: true } })
    // The process that answers takes its time to start, and is no part of ours.
    const answeredMs = performance.now()
    await answerAsDevice(light, { id: command?.id, ok: true })
    await expect.poll(() => words(admin), { interval: 10 }).toBe('Selesai')
    const seenAfterMs = performance.now() - answeredMs
    process.stderr.write(
      `sent ${sentAfterMs.toFixed(0)} ms behind the subscription, seen ${seenAfterMs.toFixed(0)} ms behind the answer\n`,
    )
    expect(sentAfterMs).toBeLessThan(1000)
    expect(seenAfterMs).toBeLessThan(1000)

    await admin.selectOption('[name=command]', 'reboot')
    await admin.click('.command-form .primary')
    await expect.poll(() => words(admin)).toBe('Menunggu persetujuan orang kedua')
    const budi = await signIn('budi', password, '/konsol/perintah')
    await budi.locator('.command-actions button').first().click()
    await expect.poll(() => device.heard().at(-1)?.name, { timeout: 10_000 }).toBe('reboot')
    await expect.poll(() => words(admin)).toBe('Diterima perangkat, menunggu hasil')
    await device.kill()

    const api = await system.login()
    const short = { name: 'report', expiresS: 5 }
    expect((await api.send('POST', '/devices/light-1/commands', short)).status).toBe(202)
    await expect.poll(() => words(admin)).toBe('Menunggu perangkat')
    await expect.poll(() => words(admin), { timeout: 10_000 }).toBe('Kedaluwarsa: perangkat tidak tersambung')

    const { items } = await api.get<{ items: { actor: string; action: string }[] }>('/audit?limit=50')
    const noted = items
      .filter(({ action }) => action.startsWith('command.'))
      .map(({ actor, action }) => `${actor} ${action}`)
    expect(noted.toReversed()).toEqual([
      ...['user:admin command.created', 'system:api command.sent', 'device:light-1 command.done'],
      ...['user:admin command.created', 'user:budi command.approved', 'system:api command.sent'],
      ...['user:admin command.created', 'system:api command.expired'],
    ])
  }, 90_000)
})
