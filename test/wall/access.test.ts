import axe from 'axe-core'
import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { guessedGlass } from '../../dashboard/core/glass.ts'
import { screenIds } from '../../dashboard/core/screens.ts'
import { browserMissing, smallTargets, tooSmall } from '../helpers/browser.ts'
import { troubledCity } from '../helpers/scripted-city.ts'
import { siteDir, wallPages } from '../helpers/wall-pages.ts'

const missing = browserMissing()

const pages = [
  ...screenIds.map((id) => `/wall/${id}`),
  ...['perangkat', 'karantina', 'aliran', 'audit', 'token', 'layar', 'dinding', 'akun'].map(
    (name) => `/konsol/${name}`,
  ),
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

  // The watermark is decoration behind everything, and no text to read: it is left out.
  test.each(pages.flatMap((path) => (['malam', 'siang'] as const).map((theme) => ({ path, theme }))))(
    'axe finds nothing grave on $path ($theme)',
    async ({ path, theme }) => {
      const page = await open(`${(await backend()).url}${path}?theme=${theme}`)
      await page.evaluate(axe.source)
      const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']
      const found: string[] = await page.evaluate(
        `axe.run({ exclude: [['.simulation']] }, { runOnly: ${JSON.stringify(tags)}, rules: { 'color-contrast-enhanced': { enabled: true } } })
          .then(({ violations }) => violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
            .flatMap(({ id, nodes }) => nodes.map(({ target }) => id + ' ' + target.join(' '))))`,
      )
      expect(found).toEqual([])
    },
  )

  test.each(
    screenIds.flatMap((id) => [
      { id, width: 5760, height: 2160 },
      { id, width: 3840, height: 2160 },
    ]),
  )('$id on $width x $height: every word is at least 16 arc minutes high', async ({ id, width, height }) => {
    const page = await open(`${(await backend()).url}/wall/${id}`, { width, height })
    expect(await tooSmall(page, guessedGlass({ width, height }, new URLSearchParams()))).toEqual([])
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
