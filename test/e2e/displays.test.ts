import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import type { Display } from '../../contract/http/displays.ts'
import { breakPanels } from '../support/browser/break-panel.ts'
import { browserMissing, builtDashboard, cutOff, openBrowser, openPage } from '../support/browser/browser.ts'
import { type ApiClient, startSystem } from '../support/system/system.ts'

const missing = browserMissing()

describe.skipIf(missing)(`screens of the wall ${missing ?? ''}`, () => {
  let browser: Browser

  beforeAll(async () => {
    builtDashboard()
    browser = await openBrowser()
  }, 120_000)
  afterAll(() => browser?.close())

  async function open(url: string): Promise<Page> {
    const { page } = await openPage(browser, url)
    onTestFinished(() => page.context().close())
    return page
  }

  const codeOn = async (page: Page): Promise<string> => {
    const shown = page.locator('.pairing-code[data-code]')
    await shown.waitFor({ timeout: 10_000 })
    return (await shown.getAttribute('data-code')) ?? ''
  }

  async function pair(page: Page, api: ApiClient, name: string): Promise<void> {
    const taken = await api.send('POST', '/displays', { name, code: await codeOn(page) })
    expect(taken.status).toBe(201)
    await page.locator('.wall .link-pill[data-link=up]').waitFor({ timeout: 10_000 })
  }

  const display = async (api: ApiClient, name: string) =>
    (await api.get<{ items: Display[] }>('/displays')).items.find((one) => one.name === name)

  test('a screen is paired by its code, tells how it is, and shows a code again when it is put out', async () => {
    const system = await startSystem()
    const api = await system.login()
    const page = await open(`${api.base}/layar?next=/wall/sistem`)
    await pair(page, api, 'utama-1')
    expect(new URL(page.url()).pathname).toBe('/wall/sistem')
    await expect
      .poll(() => display(api, 'utama-1'), { timeout: 10_000 })
      .toMatchObject({ state: 'live', report: { screen: '/wall/sistem', width: 1920, height: 1080 } })
    await expect.poll(() => page.locator('.panel-displays .readout').count(), { timeout: 5000 }).toBe(1)
    await breakPanels(page, [0])
    await expect
      .poll(() => page.locator('.panel-displays').textContent(), { timeout: 15_000 })
      .toContain('1 panel diulang')
    expect(await cutOff(page)).toEqual([])

    const api2 = await api.send('DELETE', '/displays/utama-1')
    expect(api2.status).toBe(204)
    expect(await codeOn(page)).toMatch(/^\d{6}$/)
    expect(await page.locator('input').count()).toBe(0)
  })

  test('a paired screen comes back by itself, through restarts of the server and of its own', async () => {
    const system = await startSystem()
    const api = await system.login()
    const page = await open(`${api.base}/layar`)
    await pair(page, api, 'utama-1')
    const pid = system.pid('api')
    if (pid === undefined) throw new Error('no process of api')
    process.kill(pid, 'SIGKILL')
    await page.locator('[data-band=lost]').waitFor({ timeout: 5000 })
    await page.locator('.link-pill[data-link=up]').waitFor({ timeout: 15_000 })
    // A crashed browser starts with the address that its unit file gives it.
    await page.goto(`${api.base}/layar`)
    await page.locator('.wall').waitFor({ timeout: 10_000 })
    expect(await page.locator('.pairing, .login').count()).toBe(0)
  })

  test('a screen whose page hangs is told on the others within 15 s, one whose page crashes within 20 s', async () => {
    const system = await startSystem()
    const api = await system.login()
    const [frozen, crashed] = [await open(`${api.base}/layar`), await open(`${api.base}/layar`)]
    const other = await open(`${api.base}/layar?next=/wall/sistem`)
    await pair(frozen, api, 'utama-1')
    await pair(other, api, 'utama-2')
    await pair(crashed, api, 'utama-3')
    const told = (name: string) => other.locator(`.own-faults li:has-text("${name}")`)
    await expect.poll(async () => (await display(api, 'utama-1'))?.state, { timeout: 10_000 }).toBe('live')

    const crashing = crashed.waitForEvent('crash')
    // The page's process ends at this address, so that nothing answers.
    crashed.goto('chrome://crash').catch(() => undefined)
    await crashing
    const crashedAt = Date.now()
    await told('utama-3').waitFor({ timeout: 25_000 })
    expect(Date.now() - crashedAt).toBeLessThan(20_000)

    const hungAt = Date.now()
    const hang = frozen.evaluate('{ const end = performance.now() + 18000; while (performance.now() < end); }')
    await told('utama-1').waitFor({ timeout: 20_000 })
    expect(Date.now() - hungAt).toBeLessThan(16_000)
    await hang
    await expect.poll(() => told('utama-1').count(), { timeout: 15_000 }).toBe(0)
  })
})
