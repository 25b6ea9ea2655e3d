import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { browserMissing } from '../support/browser/browser.ts'
import { wallPages } from '../support/browser/wall-pages.ts'

const missing = browserMissing()

/** The time in which a screen showed no data because it was loaded anew, ms. */
interface Dark {
  fromMs: number
  toMs: number
}

describe.skipIf(missing !== undefined)(`a new build ${missing ?? ''}`, { timeout: 90_000 }, () => {
  const wall = wallPages()
  const names = ['utama-1', 'utama-2']

  async function openScreen(url: string, name: string): Promise<{ page: Page; darks: Dark[] }> {
    const { page } = await wall.open('about:blank')
    await page.context().addCookies([{ name: 'layar', value: name, url }])
    await page.goto(`${url}/wall/ikhtisar`)
    await live(page)
    // Which screens there are is told every 2 s.
    await page.waitForTimeout(2500)
    const darks: Dark[] = []
    page.on('request', (request) => {
      if (!request.isNavigationRequest()) return
      const dark = { fromMs: Date.now(), toMs: Number.POSITIVE_INFINITY }
      darks.push(dark)
      void page.waitForEvent('framenavigated').then(async () => {
        await live(page)
        dark.toMs = Date.now()
      })
    })
    return { page, darks }
  }

  const live = (page: Page) => page.locator('.object-list li[data-state=online]').first().waitFor({ state: 'attached' })

  test('is loaded by one screen after the other, and by none while the server is away', async () => {
    const server = await wall.backend({ displays: names })
    const screens = await Promise.all(names.map((name) => openScreen(server.url, name)))
    // Turns begin with every tenth second: the next one finds the server away.
    await expect.poll(() => Date.now() % 10_000, { timeout: 12_000 }).toBeGreaterThan(4000)
    await expect.poll(() => Date.now() % 10_000, { timeout: 12_000 }).toBeLessThan(8000)
    server.build = 'baru'
    // A beat tells it.
    await screens[0]?.page.waitForTimeout(1200)
    server.hang(true)
    await screens[0]?.page.waitForTimeout(10_500 - (Date.now() % 10_000))
    expect(screens.map(({ darks }) => darks.length)).toEqual([0, 0])
    server.hang(false)
    await expect
      .poll(() => screens.every(({ darks }) => darks.length === 1 && Number.isFinite(darks[0]?.toMs)), {
        timeout: 35_000,
      })
      .toBe(true)
    const [first, second] = screens.flatMap(({ darks }) => darks).sort((a, b) => a.fromMs - b.fromMs)
    expect(second?.fromMs).toBeGreaterThan(first?.toMs ?? Number.POSITIVE_INFINITY)
  })
})
