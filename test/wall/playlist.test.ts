import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { browserMissing } from '../support/browser/browser.ts'
import { wallPages } from '../support/browser/wall-pages.ts'

const missing = browserMissing()

/** The page's own clock is wrong by this; the one that measures goes right. */
const wrongClock = (byMs: number) => `{
  const Right = Date
  globalThis.Date = class extends Right {
    constructor(...parts) { if (parts.length === 0) super(Right.now() + ${byMs}); else super(...parts) }
    static now() { return Right.now() + ${byMs} }
  }
}`

interface Change {
  screen: string
  atMs: number
}

/** Notes the frame with which each new slide is shown, by the clock that all pages of this machine share. */
const watchSlides = `(() => {
  const changes = (globalThis.__changes = [])
  new MutationObserver(([{ target }]) => {
    const { screen } = target.dataset
    requestAnimationFrame(() => changes.push({ screen, atMs: performance.timeOrigin + performance.now() }))
  }).observe(document.querySelector('.wall'), { attributeFilter: ['data-view'] })
})()`

describe.skipIf(missing !== undefined)(`a playlist on several screens ${missing ?? ''}`, { timeout: 60_000 }, () => {
  const wall = wallPages()

  test('browsers whose own clocks are minutes apart change the slide within 150 ms of one another', async () => {
    const server = await wall.backend()
    const open = async (byMs: number): Promise<Page> => {
      const { page } = await wall.open('about:blank')
      await page.addInitScript(wrongClock(byMs))
      await page.goto(`${server.url}/wall/ikhtisar?rot=ikhtisar:5,sistem:5,bus:5`)
      await page.locator('.link-pill[data-link=up]').waitFor()
      return page
    }
    // Not by whole rounds of the list, which would not be noticed.
    const pages = await Promise.all([0, 183_000, -187_000].map(open))
    // Beats enough to know the server's clock, and the code of all screens is there.
    await pages[0]?.waitForTimeout(5000)
    for (const page of pages) await page.evaluate(watchSlides)
    const changesOf = (page: Page) => page.evaluate<Change[]>('globalThis.__changes')
    await expect
      .poll(async () => Math.min(...(await Promise.all(pages.map(changesOf))).map((changes) => changes.length)), {
        timeout: 25_000,
      })
      .toBeGreaterThanOrEqual(2)
    const [first = [], ...others] = await Promise.all(pages.map(changesOf))
    const skews = first.slice(0, 2).map(({ screen, atMs }) => {
      const elsewhere = others.map((changes) => changes.filter((change) => change.screen === screen))
      return Math.max(
        ...elsewhere.map((same) =>
          Math.min(...same.map((change) => Math.abs(change.atMs - atMs)), Number.POSITIVE_INFINITY),
        ),
      )
    })
    expect(Math.max(...skews)).toBeLessThan(150)
  })
})
