import axe from 'axe-core'
import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { viewIds } from '../../../contract/http/pages.ts'
import { guessedGlass } from '../../../dashboard/core/wall/display-geometry.ts'
import { browserMissing, smallTargets, tooSmall } from '../../support/browser/browser.ts'
import { siteDir, wallPages } from '../../support/browser/wall-pages.ts'
import { troubledCity } from '../../support/city/scripted-city.ts'

const missing = browserMissing()

const pages = [
  ...viewIds.map((id) => `/wall/${id}`),
  ...[
    'perangkat',
    'perawatan',
    'perintah',
    'karantina',
    'aliran',
    'audit',
    'token',
    'layar',
    'dinding',
    'akun',
    'sesi',
  ].map((name) => `/konsol/${name}`),
  ...['/konsol/pasang/udara-01', '/konsol/pasang/tak-ada', '/konsol/label?ids=udara-01,bus-01,tak-ada'],
]

describe.skipIf(missing !== undefined)(`access ${missing ?? ''}`, { timeout: 60_000 }, () => {
  const wall = wallPages()
  const backend = () => wall.backend({ city: troubledCity({ siteDir, nowMs: Date.now() }) })

  async function open(url: string, options: Parameters<typeof wall.open>[1] = {}): Promise<Page> {
    const { page } = await wall.open(url, options)
    await page.locator('.link-pill[data-link=up]').waitFor()
    await page.waitForTimeout(1500)
    return page
  }

  /** What axe finds grave. The watermark is decoration behind everything, and no text to read: it is left out. */
  function graveFaults(page: Page): Promise<string[]> {
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']
    return page.evaluate(
      `axe.run({ exclude: [['.simulation']] }, { runOnly: ${JSON.stringify(tags)}, rules: { 'color-contrast-enhanced': { enabled: true } } })
        .then(({ violations }) => violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
          .flatMap(({ id, nodes }) => nodes.map(({ target }) => id + ' ' + target.join(' '))))`,
    )
  }

  test.each(pages)('axe finds nothing grave on %s, in both palettes', async (path) => {
    const page = await open(`${(await backend()).url}${path}${path.includes('?') ? '&' : '?'}theme=malam`)
    await page.evaluate(axe.source)
    expect(await graveFaults(page), 'malam').toEqual([])
    await page.keyboard.press('d')
    await page.locator('html[data-theme=siang]').waitFor()
    // Charts are drawn anew, and nothing fades.
    await page.waitForTimeout(300)
    expect(await graveFaults(page), 'siang').toEqual([])
  })

  test.each([
    [5760, 2160],
    [3840, 2160],
  ])('on %d x %d every word is at least 16 arc minutes high, on each screen', async (width, height) => {
    const page = await open((await backend()).url, { width, height })
    for (const [i, id] of viewIds.entries()) {
      await page.keyboard.press(String(i + 1))
      await page.locator(`.wall[data-view=${id}] .panel`).first().waitFor()
      await page.waitForTimeout(1000)
      expect(await tooSmall(page, guessedGlass({ width, height }, new URLSearchParams())), id).toEqual([])
    }
  })

  test('on the desk every target can be hit', async () => {
    const server = await backend()
    const page = await open(server.url)
    for (const path of pages) {
      await page.goto(`${server.url}${path}`)
      await page.locator('.link-pill[data-link=up]').waitFor()
      expect(await smallTargets(page, 24), path).toEqual([])
    }
  })
})
