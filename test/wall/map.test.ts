import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { describe, expect, onTestFinished, test } from 'vitest'
import { browserMissing } from '../support/browser/browser.ts'
import { siteDir, wallPages } from '../support/browser/wall-pages.ts'
import { isoAt } from '../support/city/device-view.ts'
import { createScriptedCity } from '../support/city/scripted-city.ts'

const missing = browserMissing()

describe.skipIf(missing !== undefined)(`the map in a browser ${missing ?? ''}`, { timeout: 60_000 }, () => {
  const wall = wallPages()
  async function open(url: string, options: Parameters<typeof wall.open>[1] = {}) {
    const watched = await wall.open(url, options)
    await watched.page.locator('.object-list li').first().waitFor({ state: 'attached' })
    return watched
  }

  const groundReady = (page: Page) => page.locator('.map-gl[data-ready="true"]').waitFor({ timeout: 30_000 })

  test('every sheet is as large as the glass, and MapLibre is not held at its 4096 px', async () => {
    const server = await wall.backend()
    // The map alone, over all six monitors.
    const { page } = await open(`${server.url}/panel/ikhtisar/peta`, { width: 5760, height: 2160 })
    await groundReady(page)
    const sizes: { name: string; drawn: number; shown: number }[] = await page.evaluate(
      `[...document.querySelectorAll('.map-sheet, .map-gl canvas')].filter((e) => e instanceof HTMLCanvasElement)
        .map((e) => ({ name: e.className, drawn: e.width, shown: e.clientWidth }))`,
    )
    expect(sizes.length).toBeGreaterThanOrEqual(5)
    for (const { name, drawn, shown } of sizes) expect([name, drawn, shown]).toEqual([name, 5760, 5760])
  })

  test('the ground is not drawn again while only marks move', async () => {
    const server = await wall.backend()
    const { page } = await open(`${server.url}/wall/bus?e2e=1`)
    await groundReady(page)
    const draws = () => page.evaluate<number>('globalThis.__bcc.groundDraws()')
    const frames = () => page.evaluate<number>('globalThis.__bcc.frames()')
    await page.waitForTimeout(1000)
    const before = await draws()
    expect(before).toBeGreaterThan(0)
    const framesBefore = await frames()
    await page.waitForTimeout(10_000)
    expect((await draws()) - before).toBeLessThanOrEqual(1)
    expect((await frames()) - framesBefore).toBeGreaterThan(50)
  })

  test('a graphics context that is taken away leaves a map: the plain one, within 3 s', async () => {
    const server = await wall.backend()
    const { page, complaints } = await open(`${server.url}/`)
    await groundReady(page)
    await page.evaluate(
      `document.querySelector('.map-gl canvas').getContext('webgl2').getExtension('WEBGL_lose_context').loseContext()`,
    )
    await page.locator('[data-pill=lite]').waitFor({ timeout: 3000 })
    expect(await page.locator('.map-gl[data-ready="true"]').count()).toBe(0)
    expect(complaints.filter((text) => !text.includes('CONTEXT_LOST'))).toEqual([])
  })

  test('the list of objects is one stop of Tab; arrows, Home and End go on from wherever the focus is', async () => {
    const server = await wall.backend()
    const { page } = await open(`${server.url}/`)
    const stops = () =>
      page.evaluate<string[]>(
        `[...document.querySelectorAll('.object-list button[tabindex="0"]')].map((e) => e.dataset.for)`,
      )
    const ids = await page.evaluate<string[]>(
      `[...document.querySelectorAll('.object-list button')].map((e) => e.dataset.for)`,
    )
    const focused = () => page.evaluate<string | undefined>('document.activeElement.dataset.for')
    const focus = (id: string | undefined) => page.locator(`.object-list button[data-for="${id}"]`).focus()
    await focus(ids[0])
    for (const [key, at] of [
      ['ArrowDown', 1],
      ['End', -1],
      ['ArrowUp', -2],
      ['Home', 0],
      ['ArrowUp', 0],
    ] as const) {
      await page.keyboard.press(key)
      expect([key, await focused(), await stops()]).toEqual([key, ids.at(at), [ids.at(at)]])
    }
    // A screen reader gives the focus to whichever row it likes.
    await focus(ids[5])
    await page.keyboard.press('ArrowDown')
    expect([await focused(), await stops()]).toEqual([ids[6], [ids[6]]])
  })

  test('without map data there are a grid, every object, and the names of what is missing', async () => {
    const city = createScriptedCity({ siteDir, nowMs: Date.now() })
    const server = await wall.backend({ city, siteDir: mkdtempSync(join(tmpdir(), 'bcc-no-site-')) })
    const { page, complaints } = await open(`${server.url}/`)
    await page.locator('[data-pill=map-missing]').waitFor()
    expect(await page.locator('.object-list li').count()).toBe(server.city.devices.size)
    expect(await page.locator('[data-pill=map-missing]').textContent()).toContain('rivers')
    const inked = await page.evaluate<number>(
      `(() => { const c = document.querySelector('.map-ground'); const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data
        const seen = new Set(); for (let i = 0; i < d.length; i += 4) seen.add(d[i] << 16 | d[i + 1] << 8 | d[i + 2]); return seen.size })()`,
    )
    expect(inked).toBeGreaterThan(1)
    expect(complaints.filter((text) => !text.includes('404'))).toEqual([])
  })

  test('where motion is not wanted a bus stands at its last fix', async () => {
    const server = await wall.backend()
    server.city.silence.add('bus-01')
    const at = (ms: number, lat: number) => ({ lat, lon: 98.49, measuredAt: isoAt(ms), receivedAt: isoAt(ms) })
    server.city.change('bus-01', at(Date.now() - 5000, 3.6))
    const { page } = await open(`${server.url}/?e2e=1`, { reducedMotion: 'reduce' })
    const y = () => page.evaluate<number>(`globalThis.__bcc.drawn('bus-01').y`)
    await expect.poll(() => page.locator('.map-sheet').count()).toBeGreaterThan(3)
    const before = await y()
    server.city.change('bus-01', at(Date.now(), 3.6009))
    const seen = new Set<number>()
    await expect
      .poll(
        async () => {
          const now = await y()
          seen.add(Math.round(now * 10))
          return before - now
        },
        { interval: 30, timeout: 8000 },
      )
      .toBeGreaterThan(5)
    expect(seen.size).toBeLessThanOrEqual(2)
  })

  test('browsers whose own clocks are minutes apart draw the same bus on the same spot', async () => {
    const server = await wall.backend()
    const pages = await Promise.all(
      [0, 180_000, -180_000].map(async (byMs) => {
        const { page } = await wall.open('about:blank')
        onTestFinished(() => page.context().close())
        await page.clock.install({ time: Date.now() + byMs })
        await page.goto(`${server.url}/wall/bus?e2e=1`)
        await page.locator('.link-pill[data-link=up]').waitFor()
        return page
      }),
    )
    // Two fixes, and beats enough to know the server's clock.
    await pages[0]?.waitForTimeout(12_000)
    const apart: number[] = []
    for (let round = 0; round < 20; round += 1) {
      const places = await Promise.all(
        pages.map((page) => page.evaluate<{ x: number; y: number }>(`globalThis.__bcc.drawn('bus-01')`)),
      )
      const [first] = places
      if (first === undefined) throw new Error('no page')
      apart.push(...places.map(({ x, y }) => Math.hypot(x - first.x, y - first.y)))
    }
    expect(Math.max(...apart)).toBeLessThan(1)
  })
})
