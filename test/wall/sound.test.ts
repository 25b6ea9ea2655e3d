import type { Browser, Page } from 'playwright-core'
import { describe, expect, onTestFinished, test } from 'vitest'
import { guessedGlass } from '../../dashboard/core/wall/display-geometry.ts'
import { acrossSeams, browserMissing, cutOff, openBrowser, openPage } from '../support/browser/browser.ts'
import { wallPages } from '../support/browser/wall-pages.ts'

const missing = browserMissing()

/** Says that the page has opened the sound card, and notes what it is asked to play. */
const listenIn = `window.heardHz = []
window.AudioContext = class extends AudioContext {
  constructor() {
    super()
    console.log('sound card ' + this.state)
  }
}
const create = AudioContext.prototype.createOscillator
AudioContext.prototype.createOscillator = function () {
  const oscillator = create.call(this)
  const start = oscillator.start
  oscillator.start = function (at) {
    window.heardHz.push(oscillator.frequency.value)
    return start.call(oscillator, at)
  }
  return oscillator
}`

describe.skipIf(missing !== undefined)(`sound ${missing ?? ''}`, { timeout: 60_000 }, () => {
  const wall = wallPages()
  const off = (page: Page) => page.locator('.sound-pill[data-sound=off]')
  const heard = (page: Page) => page.evaluate<number[]>('window.heardHz')

  async function blank(browser: Browser, size = {}): Promise<Page> {
    const { page, complaints } = await openPage(browser, 'about:blank', size)
    onTestFinished(async () => {
      await page.context().close()
      expect(complaints.filter((words) => !words.includes('WebSocket'))).toEqual([])
    })
    await page.addInitScript(listenIn)
    return page
  }

  async function open(browser: Browser, url: string, size = {}): Promise<Page> {
    const page = await blank(browser, size)
    await page.goto(url)
    await page.locator('.link-pill[data-link=up]').waitFor()
    return page
  }

  test('a console that nobody has clicked says that it is mute, until somebody does', async () => {
    const server = await wall.backend()
    const page = await blank(wall.browser)
    // Looking into a page counts as a click for the browser: until the page has asked for sound nothing may look.
    const asked = page.waitForEvent('console', (message) => message.text().startsWith('sound card'))
    await page.goto(`${server.url}/konsol/perangkat`)
    expect((await asked).text()).toBe('sound card suspended')
    await off(page).waitFor()
    expect(await off(page).textContent()).toBe('SUARA MATI')
    await page.mouse.click(700, 400)
    await off(page).waitFor({ state: 'detached' })
    await page.goto(`${server.url}/`)
    await page.locator('.link-pill[data-link=up]').waitFor()
    expect(await page.locator('.sound-pill').count()).toBe(0)
  })

  test('with the flag of the wall it is not mute; a lost link sounds once, falling, and not in a silence', async () => {
    const browser = await openBrowser(['--autoplay-policy=no-user-gesture-required'])
    onTestFinished(() => browser.close())
    const server = await wall.backend()
    const pages = [
      await open(browser, `${server.url}/konsol/perangkat`),
      await open(browser, `${server.url}/wall/sistem?sound=1`, { width: 5760, height: 2160 }),
      await open(browser, `${server.url}/wall/sistem`),
    ] as const
    const [page, listening, mute] = pages
    const lose = async () => {
      server.hang(true)
      for (const one of pages) await one.locator('[data-band=lost]').first().waitFor()
      server.hang(false)
      for (const one of pages) await one.locator('.link-pill[data-link=up]').waitFor()
    }
    await page.getByRole('button', { name: 'Uji suara' }).click()
    await expect.poll(() => heard(page)).toEqual([540, 1080])
    expect(await off(page).count()).toBe(0)

    await lose()
    expect(await heard(page)).toEqual([540, 1080, 1080, 540])
    await expect.poll(() => heard(listening)).toEqual([1080, 540])
    expect(await heard(mute)).toEqual([])

    await page.keyboard.press('s')
    const silent = page.locator('.sound-pill[data-sound=silent]')
    expect(await silent.textContent()).toMatch(/^Hening s\/d \d\d\.\d\d\.\d\d WIB$/)
    await listening.keyboard.press('s')
    await listening.locator('.sound-pill[data-sound=silent]').waitFor()
    expect(await acrossSeams(listening, guessedGlass({ width: 5760, height: 2160 }, new URLSearchParams()))).toEqual([])
    expect(await cutOff(listening)).toEqual([])
    await lose()
    expect(await heard(page)).toHaveLength(4)
    expect(await heard(listening)).toHaveLength(2)
  })
})
