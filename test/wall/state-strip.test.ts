import { describe, expect, test } from 'vitest'
import { browserMissing } from '../support/browser/browser.ts'
import { wallPages } from '../support/browser/wall-pages.ts'

const missing = browserMissing()

describe.skipIf(missing !== undefined)(`states of a device over time ${missing ?? ''}`, { timeout: 60_000 }, () => {
  const wall = wallPages()

  test('are strips of 24 hours and of 30 days, each period of which the keyboard tells in words', async () => {
    const server = await wall.backend()
    const { page, complaints } = await wall.open(`${server.url}/?focus=cctv-01`)
    const strips = page.locator('.strip-of-states')
    await expect.poll(() => strips.count()).toBe(2)
    const statesOf = async (nth: number) => {
      const parts = await strips.nth(nth).locator('.state-bar i').all()
      return Promise.all(parts.map((part) => part.getAttribute('data-state')))
    }
    expect(await statesOf(0)).toEqual(['online', 'offline', 'online'])
    expect(await statesOf(1)).toEqual(['unknown', 'online', 'disabled', 'online', 'offline', 'online'])
    const month = strips.nth(1).getByRole('slider')
    await month.focus()
    const said = () => month.getAttribute('aria-valuetext')
    await expect.poll(said).toContain('langsung')
    await page.keyboard.press('ArrowLeft')
    await expect.poll(said).toContain('sambungan hilang')
    expect(await strips.nth(1).locator('.strip-said').innerText()).toContain('sambungan hilang')
    await page.keyboard.press('Home')
    await expect.poll(said).toContain('tidak ada yang memantau')
    await page.keyboard.press('ArrowRight')
    await page.keyboard.press('ArrowRight')
    await expect.poll(said).toContain('perawatan')
    expect(await strips.nth(0).locator('.strip-uptime').innerText()).toContain('91,66 %')
    expect(complaints).toEqual([])
  })

  test('say so when nothing can be read', async () => {
    const server = await wall.backend()
    const { page } = await wall.open(`${server.url}/`)
    await page.route('**/states?*', (route) => route.fulfill({ status: 503, body: '' }))
    await page.goto(`${server.url}/?focus=cctv-01`)
    await expect.poll(() => page.locator('.states').innerText()).toContain('tidak dapat dibaca')
  })
})
