import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { viewIds } from '../../contract/http/pages.ts'
import { browserMissing } from '../support/browser/browser.ts'
import { siteDir, wallPages } from '../support/browser/wall-pages.ts'
import { troubledCity } from '../support/city/scripted-city.ts'

const missing = browserMissing()

/**
 * What may hold digits though nothing is known: the time, the number of the screen, marks and names of posts and routes, and
 * what is told with the moment at which it was measured.
 */
const noClaims = [
  ...['.clock', '.topline-view', '.band', '.simulation', '.hidden-text', '.map-host', '.object-list', '.uplot'],
  ...['.level-mark', '.level-charts', '.strip-name', '.strip-way', '.strip-ends', '.strip-label', '.strip-elsewhere'],
  ...['.value', '.data-age', '.attention-row', '.siaga-item', '.bus-row', '.care', '[title]', 'kbd'],
].join(', ')

/** Words with a digit in them that stand in a panel, a tile or a line of a screen, and claim something by it. */
const claims = (page: Page): Promise<string[]> =>
  page.evaluate(`(() => {
    const found = []
    const walker = document.createTreeWalker(document.querySelector('.wall, .console-body'), NodeFilter.SHOW_TEXT)
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
      const parent = node.parentElement
      if (!/[0-9]/.test(node.data) || parent.closest(${JSON.stringify(noClaims)}) !== null) continue
      if (parent.checkVisibility()) found.push(parent.className + ' "' + parent.textContent.slice(0, 60) + '"')
    }
    return found
  })()`)

/** Says that there is nothing, which is a claim as well. */
const nothing =
  /belum ada yang terdaftar|Belum ada perangkat|Semua perangkat yang dipakai|Tidak ada gangguan|semua melapor|0 terdaftar/

const consolePages = ['perangkat', 'perawatan', 'karantina', 'aliran', 'layar', 'dinding'].map(
  (name) => `/konsol/${name}`,
)

describe.skipIf(missing !== undefined)(
  `what a page says that knows nothing ${missing ?? ''}`,
  { timeout: 60_000 },
  () => {
    const wall = wallPages()
    const sizes = [
      { width: 1920, height: 1080 },
      { width: 390, height: 844 },
    ]

    test.each(sizes)('before the first picture no view of $width px names a number or a nothing', async (size) => {
      const server = await wall.backend({ city: troubledCity({ siteDir, nowMs: Date.now() }) })
      const { page } = await wall.open('about:blank', size)
      // A proxy that lets no live connection through.
      await page.routeWebSocket(/socket\.io/, (socket) => socket.close())
      for (const id of viewIds) {
        await page.goto(`${server.url}/wall/${id}?lang=id`)
        await page.locator('.wall-body > :not(.panel-wait)').first().waitFor()
        await page.waitForTimeout(1200)
        expect(await claims(page), id).toEqual([])
        expect(await page.locator('.wall').textContent(), id).not.toMatch(nothing)
        expect(await page.locator('[data-siaga], [data-live]').count(), id).toBe(0)
      }
      for (const path of ['/konsol/aliran', '/konsol/layar', '/konsol/dinding']) {
        await page.goto(`${server.url}${path}`)
        await page.locator('.console-body > *').first().waitFor()
        await page.waitForTimeout(500)
        expect(await claims(page), path).toEqual([])
        expect(await page.locator('.console-body').textContent(), path).not.toMatch(/Belum ada (layar|dinding)/)
      }
    })

    test.each(sizes)('without the server no view of $width px counts anything', async (size) => {
      const server = await wall.backend({ city: troubledCity({ siteDir, nowMs: Date.now() }), displays: ['utama-1'] })
      const { page } = await wall.open(`${server.url}/wall/ikhtisar?lang=id`, size)
      await page.locator('.attention-row').first().waitFor()
      // All screens were looked at once: without the server no code comes.
      await page.waitForTimeout(4000)
      server.hang(true)
      await page.locator('[data-band=lost]').waitFor({ timeout: 9000 })
      for (const [i, id] of viewIds.entries()) {
        await page.keyboard.press(String(i + 1))
        await page.locator(`.wall[data-view=${id}]`).waitFor()
        await page.waitForTimeout(700)
        const found = (await claims(page)).filter((one) => !isRegistered(one))
        expect(found, id).toEqual([])
        expect(await page.locator('.wall').textContent(), id).not.toMatch(nothing)
      }
      // What was wrong before is there still, though another screen was shown meanwhile.
      await page.keyboard.press('1')
      await page.locator('.attention-row[data-id=bus-09]').waitFor()
    })

    test.each(consolePages)('without the server %s does not pretend to know', async (path) => {
      const server = await wall.backend({ city: troubledCity({ siteDir, nowMs: Date.now() }), displays: ['utama-1'] })
      const { page } = await wall.open(`${server.url}${path}`)
      await page.locator('.link-pill[data-link=up]').waitFor()
      server.hang(true)
      await page.locator('[data-band=lost]').waitFor({ timeout: 9000 })
      expect(await page.locator('[data-state=online], [data-state=late]').count()).toBe(0)
      expect(await page.locator('.balance-term, .figure-value').count()).toBe(0)
    })
  },
)

/** How many there are is known from the registry, and said beside the dash of what is not known. */
function isRegistered(claim: string): boolean {
  return /dari \d+ |—\/\d+|keadaan \d+ perangkat tidak diketahui|\d+ terdaftar/.test(claim)
}
