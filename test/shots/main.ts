import { mkdirSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { monitorsOf, pictureSize } from '../../contract/glass.ts'
import { screenIds } from '../../dashboard/core/screens.ts'
import { builtDashboard, openBrowser, openPage } from '../helpers/browser.ts'
import { exampleWalls } from '../helpers/example-walls.ts'
import { troubledCity } from '../helpers/scripted-city.ts'
import { startWallBackend } from '../helpers/wall-backend.ts'

/**
 * `npm run shots`: every screen of the wall at every size in both palettes, into `artifacts/shots/`. `--only bus` takes one
 * screen, `--size 1920x1080` one size, `--lang en` English; `--wall tujuh` shows one of the example walls at its own size.
 */

const sizes = ['5760x2160', '3840x2160', '1920x1080', '390x844']
const themes = ['malam', 'siang']
/** Charts and the map's own first picture. */
const settleMs = 4000

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
const folder = 'artifacts/shots'
mkdirSync(folder, { recursive: true })

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
try {
  for (const screen of screenIds.filter((id) => values.only === undefined || values.only === id)) {
    for (const size of shown.filter((one) => values.size === undefined || values.size === one)) {
      for (const theme of themes.filter((one) => values.theme === undefined || values.theme === one)) {
        const [width = 0, height = 0] = size.split('x').map(Number)
        const url = `${server.url}/wall/${screen}?theme=${theme}&lang=${language}${wall === undefined ? '' : `&wall=${wall.id}`}`
        const { page } = await openPage(browser, url, { width, height })
        await page.locator('.link-pill[data-link=up]').waitFor()
        await page.waitForTimeout(settleMs)
        const path = `${folder}/${screen}-${wall?.id ?? size}-${theme}-${language}.png`
        await page.screenshot({ path })
        process.stdout.write(`${path}\n`)
        await page.context().close()
      }
    }
  }
} finally {
  await browser.close()
  await server.close()
}
