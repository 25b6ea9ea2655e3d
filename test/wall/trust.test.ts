import type { Page } from 'playwright-core'
import { describe, expect, onTestFinished, test } from 'vitest'
import { startFaultProxy } from '../support/broker/fault-proxy.ts'
import { browserMissing } from '../support/browser/browser.ts'
import type { WallBackend } from '../support/browser/wall-backend.ts'
import { siteDir, wallPages } from '../support/browser/wall-pages.ts'
import { isoAt } from '../support/city/device-view.ts'
import { createScriptedCity } from '../support/city/scripted-city.ts'

const missing = browserMissing()

describe.skipIf(missing !== undefined)(`trust in the picture ${missing ?? ''}`, { timeout: 60_000 }, () => {
  const wall = wallPages()
  async function open(url: string): Promise<Page> {
    const { page } = await wall.open(url)
    await page.locator('.object-list li[data-id=bus-01]').waitFor({ state: 'attached' })
    return page
  }

  /** The server behind a network that can be cut without a word. */
  async function behindProxy(server: WallBackend) {
    const proxy = await startFaultProxy(Number(new URL(server.url).port))
    onTestFinished(() => proxy.close())
    return { proxy, url: `http://127.0.0.1:${proxy.port}` }
  }

  const band = (page: Page) => page.locator('[data-band=lost]')

  test('a cut cable is told within 3.5 s, and the whole picture is back within 3 s of its mending', async () => {
    const { proxy, url } = await behindProxy(await wall.backend())
    const page = await open(`${url}/`)
    proxy.set({ frozen: true })
    const cutAt = Date.now()
    await band(page).waitFor()
    expect(Date.now() - cutAt).toBeLessThan(3500)
    expect(await page.locator('[data-state=online], [data-state=late]').count()).toBe(0)
    proxy.set({})
    const mendedAt = Date.now()
    await expect
      .poll(() => page.locator('.object-list [data-state=online]').count(), { timeout: 9000 })
      .toBeGreaterThan(80)
    expect(Date.now() - mendedAt).toBeLessThan(3000)
  })

  test('a page that was itself blocked shows the loss as soon as it wakes', async () => {
    const server = await wall.backend()
    const page = await open(server.url)
    server.hang(true)
    await page.evaluate('{ const end = performance.now() + 5000; while (performance.now() < end); }')
    const wokeAt = Date.now()
    await band(page).waitFor()
    expect(Date.now() - wokeAt).toBeLessThan(1000)
    const told = await band(page).textContent()
    expect(Number(/\((\d+) dtk\)/.exec(told ?? '')?.[1])).toBeGreaterThanOrEqual(4)
  })

  test('ages go on counting while the server is away', async () => {
    const server = await wall.backend()
    const { page } = await wall.open('about:blank')
    onTestFinished(() => page.context().close())
    await page.clock.install()
    await page.goto(`${server.url}/`)
    const row = page.locator('.object-list li[data-id=bus-01]')
    await row.waitFor({ state: 'attached' })
    await server.close()
    await band(page).waitFor()
    const ageS = async () => Number(await row.getAttribute('data-age-s'))
    const before = await ageS()
    await page.clock.fastForward(120_000)
    await expect.poll(ageS).toBeGreaterThanOrEqual(before + 120)
    expect(await ageS()).toBeLessThanOrEqual(before + 125)
  })

  test('after five minutes without the server no total and no value is a number any more', async () => {
    const server = await wall.backend()
    const { page } = await wall.open('about:blank')
    onTestFinished(() => page.context().close())
    await page.clock.install()
    await page.goto(`${server.url}/`)
    const total = page.locator('[data-tile=cctv] .coverage-main strong')
    const level = page.locator('[data-tile=water] .value-number').first()
    await expect.poll(() => total.textContent()).toBe('32')
    await expect.poll(() => level.textContent()).toMatch(/\d/)
    await server.close()
    await band(page).waitFor()
    await page.clock.fastForward(301_000)
    await expect.poll(() => total.textContent()).toBe('—')
    await expect.poll(() => level.textContent()).toBe('—')
  })

  test('zero, nothing measured and nothing there are three different things', async () => {
    const city = createScriptedCity({ siteDir, nowMs: Date.now() })
    for (const id of ['air-07', 'air-08']) city.remove(id)
    city.silence.add('hujan-01')
    city.change('hujan-01', { metrics: { rain_rate_mmh: 0, rain_day_mm: 0 }, measuredAt: isoAt(Date.now()) })
    const server = await wall.backend({ city })
    const page = await open(`${server.url}/?focus=hujan-01`)
    const zero = page.locator('.metric-list [data-metric=rain_rate_mmh] .value')
    await expect.poll(() => zero.locator('.value-number').textContent()).toMatch(/^0,0/)
    const unmeasured = page.locator('[data-tile=water] [data-river=bangkatan] .value')
    expect([await unmeasured.getAttribute('data-missing'), await unmeasured.textContent()]).toEqual([
      'true',
      '—tak ada data',
    ])
    await page.goto(`${server.url}/?focus=tidak-ada`)
    await expect.poll(() => page.locator('.side-panel .calm').textContent()).toContain('tidak-ada')
  })

  test('a total of which more than a fifth is missing is hatched, and says what is missing', async () => {
    const city = createScriptedCity({ siteDir, nowMs: Date.now() })
    const old = isoAt(Date.now() - 60_000)
    for (const id of ['bus-01', 'bus-02', 'bus-03', 'bus-04']) {
      city.silence.add(id)
      city.change(id, { measuredAt: old, receivedAt: old })
    }
    const page = await open((await wall.backend({ city })).url)
    const total = page.locator('[data-tile=bus] .coverage')
    await expect.poll(() => total.getAttribute('data-live')).toBe('10')
    expect(await total.getAttribute('data-registered')).toBe('14')
    expect(await total.getAttribute('data-thin')).toBe('true')
    expect(await total.locator('[data-rest=stale]').getAttribute('data-count')).toBe('4')
    const shading = await page.evaluate(
      `getComputedStyle(document.querySelector('[data-tile=bus] strong')).backgroundImage`,
    )
    expect(shading).toContain('repeating-linear-gradient')
  })
})
