import { describe, expect, test } from 'vitest'
import { viewIds } from '../../../contract/http/pages.ts'
import { browserMissing } from '../../support/browser/browser.ts'
import { openPageMemory } from '../../support/browser/page-memory.ts'
import { siteDir, wallPages } from '../../support/browser/wall-pages.ts'
import { letGoMs, lookAround } from '../../support/browser/wall-walk.ts'
import { createScriptedCity } from '../../support/city/scripted-city.ts'

const missing = browserMissing()

/** Every device reports in every delta, and these follow one another as fast as the page applies them. */
const torrent = { faster: 1000, deltaMs: 10 }
/** What fills up to a limit, as trails do, is full after so many. */
const warmUpReadings = 70_000
const readings = 120_000
/** A reading must leave less than the smallest object that could be kept for it, B: 12, and 4 of a list that holds it. */
const leftOfReading = 12

describe.skipIf(missing !== undefined)(`a torrent of readings ${missing ?? ''}`, { timeout: 300_000 }, () => {
  const wall = wallPages()

  test('leaves no memory, node or listener behind on any screen, no complaint, and asks nobody else', async () => {
    const city = createScriptedCity({ siteDir, nowMs: Date.now(), faster: torrent.faster })
    const server = await wall.backend({ city, deltaMs: torrent.deltaMs, paced: true })
    const { page, complaints, strays } = await wall.open(`${server.url}/wall/ikhtisar`)
    await page.locator('.link-pill[data-link=up]').waitFor()
    const memory = await openPageMemory(page)

    /** Through all screens and back to the first, then on until so many readings have left. */
    const watch = async (more: number) => {
      const from = server.pipeline.received
      for (const [key, screen] of viewIds.entries()) {
        await page.keyboard.press(String(key + 1))
        await page.locator(`.wall[data-view=${screen}]`).waitFor()
        await lookAround[screen](page)
      }
      await page.keyboard.press('1')
      await page.locator('.map-gl[data-ready="true"]').waitFor({ timeout: 60_000 })
      await expect
        .poll(() => server.pipeline.received - from, { timeout: 120_000, interval: 500 })
        .toBeGreaterThan(more)
      // On a slow machine the way through the screens alone takes so many readings.
      await page.waitForTimeout(letGoMs)
      return { ...(await memory.kept()), readings: server.pipeline.received }
    }
    const before = await watch(warmUpReadings)
    const after = await watch(readings)
    expect(((after.heapMb - before.heapMb) * 1e6) / (after.readings - before.readings)).toBeLessThan(leftOfReading)
    expect(Math.abs(after.nodes / before.nodes - 1)).toBeLessThan(0.02)
    expect(Math.abs(after.listeners / before.listeners - 1)).toBeLessThan(0.01)
    // What was measured is a page that kept up.
    expect(await page.locator('.object-list li[data-state=online]').count()).toBe(city.devices.size)
    expect({ complaints, strays }).toEqual({ complaints: [], strays: [] })
  })
})
