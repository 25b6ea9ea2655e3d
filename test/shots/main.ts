import { parseArgs } from 'node:util'
import { monitorsOf, pictureSize } from '../../contract/display-geometry.ts'
import { viewIds } from '../../contract/http/pages.ts'
import { builtDashboard, openBrowser, openPage } from '../support/browser/browser.ts'
import { takeShot } from '../support/browser/shots.ts'
import { startWallBackend } from '../support/browser/wall-backend.ts'
import { exampleWalls } from '../support/city/example-walls.ts'
import { troubledCity } from '../support/city/scripted-city.ts'

/**
 * `npm run shots`: every screen of the wall at every size in both palettes, into `artifacts/shots/`. `--only bus` takes one
 * screen, `--size 1920x1080` one size, `--lang en` English; `--wall tujuh` shows one of the example walls at its own size.
 */

const sizes = ['5760x2160', '3840x2160', '1920x1080', '390x844']
const themes = ['malam', 'siang'] as const
/** Charts and the map's own first picture. */
const settleMs = 2500

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    size: { type: 'string' },
    theme: { type: 'string' },
    lang: { type: 'string' },
    wall: { type: 'string' },
  },
})
const siteDir = `${process.cwd()}/contract/site/binjai`

const distDir = builtDashboard()
const browser = await openBrowser()
const server = await startWallBackend({
  siteDir,
  distDir,
  signedIn: true,
  city: troubledCity({ siteDir, nowMs: Date.now() }),
  walls: [...exampleWalls],
})
const wall = exampleWalls.find(({ id }) => id === values.wall)
const wallSize = wall === undefined ? undefined : pictureSize(monitorsOf(wall.settings))
const shown = wallSize === undefined ? sizes : [`${wallSize.width}x${wallSize.height}`]
const language = values.lang ?? 'id'
const is = (asked: string | undefined) => (one: string) => asked === undefined || asked === one
/** One page for all screens of a size: the ground of a map is drawn once in it, which takes longest. */
async function shoot(size: string, theme: (typeof themes)[number]): Promise<void> {
  const [width = 0, height = 0] = size.split('x').map(Number)
  const query = new URLSearchParams({ theme, lang: language, ...(wall !== undefined && { wall: wall.id }) })
  const { page } = await openPage(browser, `${server.url}/wall/${viewIds[0]}?${query}`, { width, height })
  await page.locator('.link-pill[data-link=up]').waitFor()
  for (const [i, screen] of viewIds.entries()) {
    if (!is(values.only)(screen)) continue
    await page.keyboard.press(String(i + 1))
    await page.locator(`.wall[data-view=${screen}]`).waitFor()
    await page.waitForTimeout(settleMs)
    const path = await takeShot(page, { screen, size: wall?.id ?? size, theme, language })
    process.stdout.write(`${path}\n`)
  }
  await page.context().close()
}

try {
  for (const size of shown.filter(is(values.size)))
    for (const theme of themes.filter(is(values.theme))) await shoot(size, theme)
} finally {
  await browser.close()
  await server.close()
}
