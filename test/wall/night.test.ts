import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { browserMissing } from '../support/browser/browser.ts'
import { setClock } from '../support/browser/set-clock.ts'
import { wallPages } from '../support/browser/wall-pages.ts'

const missing = browserMissing()

describe.skipIf(missing !== undefined)(`night and weeks ${missing ?? ''}`, { timeout: 60_000 }, () => {
  const wall = wallPages()
  const wide = { width: 5760, height: 2160 }
  const up = (page: Page) => page.locator('.link-pill[data-link=up]')
  const boxOf = (page: Page, selector: string) => page.locator(selector).boundingBox()

  test('at night one monitor after the other is cared for, the link in sight, until something is grave', async () => {
    setClock('2026-11-21T03:33:00+07:00')
    const server = await wall.backend()
    const { page } = await wall.open(`${server.url}/wall/sistem?care`, wide)
    const care = page.locator('.care')
    await care.waitFor()
    expect(await boxOf(page, '.care')).toEqual({ x: 0, y: 0, width: 1920, height: 1080 })
    expect(await care.textContent()).toContain('Perawatan panel s/d 03.35 WIB')

    // The monitor that shows whether the server is there keeps that much of its picture.
    setClock('2026-11-21T03:41:00+07:00')
    await page.locator('.care[data-monitor="2"]').waitFor()
    const { x = 0, y = 0, width = 0, height = 0 } = (await boxOf(page, '.topline .link-pill')) ?? {}
    expect(x).toBeGreaterThan(3840)
    // Clicks go through the band; only what catches them is found at a point.
    const onTop = await page.evaluate(`document.querySelector('.care').style.pointerEvents = 'auto'
      document.elementFromPoint(${x + width / 2}, ${y + height / 2}).closest('.link-pill, .care').className`)
    expect(onTop).toContain('link-pill')

    server.pipeline.ingest.up = false
    await care.waitFor({ state: 'detached' })
    server.pipeline.ingest.up = true
    await care.waitFor()
    server.hang(true)
    await page.locator('[data-band=lost]').first().waitFor()
    expect(await care.count()).toBe(0)
  })

  test('at midnight of the city the top line changes sides; where somebody sits nothing does', async () => {
    setClock('2026-11-20T23:59:50+07:00')
    const server = await wall.backend()
    const [page, desk] = [
      (await wall.open(`${server.url}/wall/sistem?care`, wide)).page,
      (await wall.open(`${server.url}/wall/sistem`, wide)).page,
    ]
    for (const one of [page, desk]) await up(one).waitFor()
    const side = (one: Page) => one.evaluate<string>('document.documentElement.dataset.side')
    const isRight = async (one: Page) => ((await boxOf(one, '.topline .clock'))?.x ?? 0) > wide.width / 2
    const before = await side(page)
    expect(await isRight(page)).toBe(before === 'left')
    const [deskSide, deskRight] = [await side(desk), await isRight(desk)]
    await expect.poll(() => side(page), { timeout: 20_000 }).toBe(before === 'left' ? 'right' : 'left')
    expect(await isRight(page)).toBe(before === 'right')
    expect([await side(desk), await isRight(desk)]).toEqual([deskSide, deskRight])
    expect([deskSide, deskRight]).toEqual(['left', true])
  })

  test('a page that uses too much memory starts afresh three times, then says so', async () => {
    const server = await wall.backend()
    const { page } = await wall.open('about:blank')
    let loads = 0
    page.on('load', () => void loads++)
    await page.addInitScript(`Object.defineProperty(performance, 'memory', { value: { usedJSHeapSize: 7e8 } })`)
    await page.goto(`${server.url}/wall/sistem?rot=sistem`)
    await page.locator('[data-fault="own.page.memory"]').waitFor()
    expect(loads).toBe(4)
  })

  test('a page that stood still, or failed three times, starts afresh', async () => {
    const server = await wall.backend()
    const { page } = await wall.open(`${server.url}/wall/sistem?rot=sistem`)
    await up(page).waitFor()
    const stood = page.waitForEvent('load')
    await page.evaluate('setTimeout(() => { const end = performance.now() + 5200; while (performance.now() < end); })')
    await stood
    await up(page).waitFor()
    const failed = page.waitForEvent('load')
    await page.evaluate(`for (let i = 0; i < 3; i++) setTimeout(() => { throw new Error('uji') })`)
    await failed
    await up(page).waitFor()
  })

  test('a page that has shown for an hour starts afresh at 03.30 WIB', async () => {
    setClock('2026-11-21T03:29:48+07:00')
    const server = await wall.backend()
    const { page } = await wall.open('about:blank')
    await page.clock.install()
    await page.goto(`${server.url}/wall/sistem?rot=sistem`)
    await up(page).waitFor()
    const again = page.waitForEvent('load')
    await page.clock.fastForward(3_700_000)
    await again
    expect(new Date().toISOString()).toMatch(/^2026-11-20T20:30:/)
  })
})
