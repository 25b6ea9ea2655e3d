import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { browserMissing } from '../support/browser/browser.ts'
import { allPaintedMs, momentMs } from '../support/browser/page-facts.ts'
import { siteDir, wallPages } from '../support/browser/wall-pages.ts'
import { createScriptedCity } from '../support/city/scripted-city.ts'

const missing = browserMissing()

describe.skipIf(missing !== undefined)(`the first picture ${missing ?? ''}`, { timeout: 60_000 }, () => {
  const wall = wallPages()

  async function pictured(page: Page): Promise<number> {
    const tookMs = await momentMs(page, 'first-picture')
    expect(await page.locator('.panel-map, .panel-attention').count()).toBe(2)
    return tookMs
  }

  test('map and what needs attention are there within 3 s, within 1 s when the browser knows the page', async () => {
    const server = await wall.backend()
    const { page } = await wall.open(`${server.url}/wall/ikhtisar`)
    expect(await pictured(page)).toBeLessThan(3000)
    await page.reload()
    expect(await pictured(page)).toBeLessThan(1000)
  })

  test('a snapshot of a whole city, 540 devices, is on the canvas within 1.5 s', async () => {
    const city = createScriptedCity({ siteDir, nowMs: Date.now(), scale: 5 })
    const server = await wall.backend({ city })
    const { page } = await wall.open(`${server.url}/wall/ikhtisar`)
    const paintedMs = await allPaintedMs(page)
    expect(await page.locator('.object-list li').count()).toBeGreaterThanOrEqual(500)
    expect(paintedMs - (await momentMs(page, 'snapshot-received'))).toBeLessThan(1500)
  })
})
