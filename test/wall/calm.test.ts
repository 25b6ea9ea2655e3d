import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { viewIds } from '../../contract/http/pages.ts'
import { browserMissing } from '../support/browser/browser.ts'
import { siteDir, wallPages } from '../support/browser/wall-pages.ts'
import { createScriptedCity } from '../support/city/scripted-city.ts'

const missing = browserMissing()

/** A real city, by what it says of itself, in which nothing is wrong. */
function calmCity() {
  const city = createScriptedCity({ siteDir, nowMs: Date.now() })
  for (const device of city.devices.values()) {
    device.simulated = false
    // Far below the marks of every post.
    if (device.profile === 'river-gauge') {
      device.metrics = { ...device.metrics, water_level_m: 0.3 }
      city.silence.add(device.id)
    }
  }
  return city
}

/** Of a calm picture (docs/wall.md, 63). */
const most = 0.01

/** Share of the page's pixels whose hue catches the eye: a saturation of more than 0.35 (HSV). */
async function saturated(page: Page): Promise<number> {
  const shot = (await page.screenshot()).toString('base64')
  return page.evaluate(`(async () => {
    const image = new Image()
    image.src = 'data:image/png;base64,${shot}'
    await image.decode()
    const canvas = new OffscreenCanvas(image.width, image.height)
    const pen = canvas.getContext('2d')
    pen.drawImage(image, 0, 0)
    const { data } = pen.getImageData(0, 0, image.width, image.height)
    let found = 0
    for (let i = 0; i < data.length; i += 4) {
      const most = Math.max(data[i], data[i + 1], data[i + 2])
      const least = Math.min(data[i], data[i + 1], data[i + 2])
      if (most - least > 0.35 * most) found++
    }
    return found / (image.width * image.height)
  })()`)
}

/** What a page that stood still has to say, it has said by then. */
const settleMs = 500

describe.skipIf(missing !== undefined)(`while nothing is wrong ${missing ?? ''}`, { timeout: 60_000 }, () => {
  const wall = wallPages()
  async function open(path: string, size: { width: number; height: number }): Promise<Page> {
    const { page } = await wall.open(`${(await wall.backend({ city: calmCity() })).url}${path}`, size)
    return page
  }

  async function expectCalm(page: Page, id: string): Promise<void> {
    await page.locator('.link-pill[data-link=up]').waitFor()
    if (id === 'ikhtisar') await page.locator('.map-gl[data-ready="true"]').waitFor()
    if (id === 'banjir') await page.locator('.level-chart canvas').first().waitFor()
    // Without a GPU a page of this size stands while MapLibre begins, and says that it had lost the server: that is not calm.
    await page.waitForTimeout(settleMs)
    await page.locator('.band').first().waitFor({ state: 'detached' })
    expect(await page.locator('.simulation, .attention-row, [data-siaga="3"]').count(), id).toBe(0)
    expect(await saturated(page), id).toBeLessThanOrEqual(most)
  }

  test.each(['malam', 'siang'])('no screen has a hue on it (%s)', async (theme) => {
    const page = await open(`/?theme=${theme}`, { width: 1920, height: 1080 })
    for (const [i, id] of viewIds.entries()) {
      await page.keyboard.press(String(i + 1))
      await page.locator(`.wall[data-view=${id}]`).waitFor()
      await expectCalm(page, id)
    }
  })

  test.each(['malam', 'siang'])('the overview on six panels has no hue on it (%s)', async (theme) => {
    await expectCalm(await open(`/?theme=${theme}`, { width: 5760, height: 2160 }), 'ikhtisar')
  })
})
