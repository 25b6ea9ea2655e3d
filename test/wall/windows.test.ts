import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { browserMissing } from '../support/browser/browser.ts'
import { wallPages } from '../support/browser/wall-pages.ts'

const missing = browserMissing()

/** Fields, buttons and words of a window that stand on others, or stick out of it sideways. */
const faults = (page: Page): Promise<string[]> =>
  page.evaluate(`(() => {
    const window_ = document.querySelector('.window')
    const parts = [...window_.querySelectorAll('input, select, textarea, button, .field > span, h2')]
      // For screen readers alone: closes the window, and is seen by nobody.
      .filter((e) => e.checkVisibility() && (e.tagName !== 'BUTTON' || e.textContent.trim() !== ''))
      .map((e) => ({ e, box: e.getBoundingClientRect() }))
      // What is there for screen readers alone is a pixel wide.
      .filter(({ box }) => box.width > 2)
    const name = ({ e }) => e.tagName + ' ' + (e.name || e.textContent).slice(0, 20)
    const found = []
    const outer = window_.getBoundingClientRect()
    for (const [i, a] of parts.entries()) {
      if (a.box.left < outer.left - 1 || a.box.right > outer.right + 1) found.push(name(a) + ' sticks out')
      for (const b of parts.slice(i + 1)) {
        if (a.e.contains(b.e) || b.e.contains(a.e)) continue
        const x = Math.min(a.box.right, b.box.right) - Math.max(a.box.left, b.box.left)
        const y = Math.min(a.box.bottom, b.box.bottom) - Math.max(a.box.top, b.box.top)
        if (x > 1 && y > 1) found.push(name(a) + ' / ' + name(b))
      }
    }
    if (window_.scrollWidth > window_.clientWidth + 1) found.push('scrolls sideways')
    if (outer.bottom > innerHeight + 1 || outer.top < -1) found.push('is higher than the page')
    return found
  })()`)

const sizes = [
  [1920, 1080],
  [1366, 768],
  [606, 768],
  [390, 844],
] as const

describe.skipIf(missing !== undefined)(`windows of the console ${missing ?? ''}`, { timeout: 60_000 }, () => {
  const wall = wallPages()

  test.each(sizes)('on %d x %d no field stands on another or sticks out, in both languages', async (width, height) => {
    const server = await wall.backend()
    const { page } = await wall.open(`${server.url}/konsol/perangkat`, { width, height })
    const openers: readonly (readonly [path: string, opener: string])[] = [
      ['/konsol/dinding', '.page-head .primary'],
      ['/konsol/perangkat', '.page-head .primary'],
      ['/konsol/perawatan', '.page-head .primary'],
      ['/konsol/token', '.page-head button'],
      ['/konsol/layar', '.page-head .primary'],
    ]
    for (const language of ['id', 'en']) {
      for (const [path, opener] of openers) {
        await page.goto(`${server.url}${path}?lang=${language}`)
        await page.locator(opener).first().click()
        await page.locator('.window').waitFor()
        expect(await faults(page), `${path} ${language}`).toEqual([])
      }
    }
  })

  test("what is wrong with a field is said in the language of the page, with the field's own hint", async () => {
    const server = await wall.backend()
    const { page } = await wall.open(`${server.url}/konsol/perangkat?lang=id`)
    await page.locator('.page-head .primary').click()
    const id = page.locator('.window [name=id]')
    await id.fill('Bus 07')
    await page.locator('.window .primary').click()
    const words = () => page.evaluate<string>(`document.querySelector('.window [name=id]').validationMessage`)
    expect(await words()).toMatch(/^Bentuknya tidak sesuai\. .+/)
    await id.fill('')
    await page.locator('.window .primary').click()
    expect(await words()).toMatch(/^Wajib diisi\./)
    await id.fill('bus-07')
    expect(await words()).toBe('')
  })

  test('the side panel leaves the signs of trust in sight', async () => {
    const server = await wall.backend()
    const { page } = await wall.open(`${server.url}/konsol/perangkat?focus=bus-01`)
    await page.locator('.side-panel').waitFor()
    const [panel, pill] = await Promise.all(
      ['.side-panel', '.console-trust .link-pill'].map((one) => page.locator(one).boundingBox()),
    )
    expect(panel?.y).toBeGreaterThanOrEqual((pill?.y ?? 0) + (pill?.height ?? 0))
    expect((panel?.y ?? 0) + (panel?.height ?? 0)).toBeLessThanOrEqual(1080)
  })

  test('on the phone the screen that is shown is in sight among the others', async () => {
    const server = await wall.backend()
    const { page } = await wall.open(`${server.url}/wall/sistem`, { width: 390, height: 844 })
    const current = page.locator('.view-nav [aria-current]')
    await current.waitFor()
    await expect.poll(async () => ((await current.boundingBox())?.x ?? 999) + 40).toBeLessThan(390)
  })

  test.each(['/wall/tidakada', '/panel/tidakada/x'])('%s is said not to be there', async (path) => {
    const server = await wall.backend()
    const { page } = await wall.open(`${server.url}${path}?lang=id`)
    await expect.poll(() => page.locator('.no-page h1').textContent()).toBe('Halaman tidak ada')
    expect(await page.locator('.wall').count()).toBe(0)
  })

  test.each(['text/html', 'application/json'])(
    'an answer of %s that is none of ours is a failure, with another try',
    async (contentType) => {
      const server = await wall.backend()
      const { page, complaints } = await wall.open('about:blank')
      let foreign = true
      await page.route(/api\/v1\/(quarantine|maintenance|devices\?)/, (route) =>
        foreign
          ? route.fulfill({
              status: 200,
              contentType,
              body: contentType === 'text/html' ? '<html>Hotel</html>' : '{"items":7}',
            })
          : route.fallback(),
      )
      for (const name of ['karantina', 'perawatan', 'perangkat']) {
        foreign = true
        await page.goto(`${server.url}/konsol/${name}`)
        await page.locator('.failure .form-error').waitFor()
        expect(await page.locator('.panel-failed').count(), name).toBe(0)
        foreign = false
        await page.locator('.failure button').click()
        await page.locator('.failure .form-error').waitFor({ state: 'detached' })
      }
      expect(complaints).toEqual([])
    },
  )
})
