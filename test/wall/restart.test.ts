import { describe, expect, test } from 'vitest'
import { viewIds } from '../../contract/http/pages.ts'
import { breakage, breakPanels } from '../support/browser/break-panel.ts'
import { browserMissing, cutOff } from '../support/browser/browser.ts'
import { wallPages } from '../support/browser/wall-pages.ts'

const missing = browserMissing()
/** What the wall promises. */
const awayAtMostMs = 2000
/** Without a GPU, MapLibre holds up the whole page for seconds while a map of this size begins. */
const withoutGl = 'renderer=2d'

describe.skipIf(missing !== undefined)(`a panel that fails ${missing ?? ''}`, { timeout: 90_000 }, () => {
  const wall = wallPages()

  test.each([
    { width: 1920, height: 1080, screens: viewIds },
    // Each on a monitor of its own.
    { width: 5760, height: 2160, screens: ['sistem'] as const },
  ])('restarts alone and in its place within 2 s, and is counted on the screen of health ($width)', async (glass) => {
    const server = await wall.backend()
    const { page, complaints } = await wall.open(`${server.url}/?${withoutGl}`, glass)
    await page.locator('.link-pill[data-link=up]').waitFor()
    const panels = page.locator('.wall-body > *')
    let broken = 0
    for (const screen of glass.screens) {
      await page.keyboard.press(String(viewIds.indexOf(screen) + 1))
      await page.locator(`.wall[data-view=${screen}] .wall-body > .panel`).first().waitFor()
      const numbers = Array.from({ length: await panels.count() }, (_, i) => i)
      for (const parity of [0, 1]) {
        const chosen = numbers.filter((i) => i % 2 === parity)
        const { restarts, kept } = await breakPanels(page, chosen)
        expect(kept, `the other panels of ${screen}`).toBe(true)
        for (const { panel, awayMs, inPlace } of restarts) {
          expect(awayMs, panel).toBeLessThan(awayAtMostMs)
          expect(inPlace, panel).toBe(true)
        }
        broken += chosen.length
      }
    }
    expect(broken).toBeGreaterThanOrEqual(4 * glass.screens.length)
    await expect
      .poll(() => page.locator('.panel-displays').textContent())
      .toContain(`Halaman ini${broken} panel diulang`)
    expect(await cutOff(page)).toEqual([])
    expect(complaints.filter((text) => !text.includes(breakage))).toEqual([])
  })

  test('a map whose drawing fails is made anew within 2 s, and everything else is drawn on', async () => {
    const server = await wall.backend()
    const { page, complaints } = await wall.open(`${server.url}/wall/ikhtisar?e2e=1&${withoutGl}`)
    await page.locator('.object-list li').first().waitFor({ state: 'attached' })
    const awayMs = await page.evaluate<number>(`(async () => {
      const nextFrame = () => new Promise((resolve) => requestAnimationFrame(resolve))
      const sheet = () => document.querySelector('.map-movers')
      const old = sheet()
      old.getContext('2d').clearRect = () => { throw new Error('${breakage}') }
      while (sheet() === old) await nextFrame()
      const failedAt = performance.now()
      while (sheet() === null) await nextFrame()
      return performance.now() - failedAt
    })()`)
    expect(awayMs).toBeLessThan(awayAtMostMs)
    const frames = () => page.evaluate<number>('globalThis.__bcc.frames()')
    const before = await frames()
    await expect.poll(frames).toBeGreaterThan(before + 10)
    expect(complaints.filter((text) => !text.includes(breakage))).toEqual([])
  })
})
