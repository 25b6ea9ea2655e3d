import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { viewIds } from '../../../contract/http/pages.ts'
import { browserMissing, smallTargets } from '../../support/browser/browser.ts'
import { backendPassword } from '../../support/browser/wall-backend.ts'
import { siteDir, wallPages } from '../../support/browser/wall-pages.ts'
import { silentDevice, troubledCity } from '../../support/city/scripted-city.ts'

const missing = browserMissing()
const phone = { width: 390, height: 844 }

/** What each page shows once it has its data. */
const pages: readonly (readonly [path: string, shown: string])[] = [
  ...viewIds.map((id) => [`/wall/${id}`, '.wall-body .panel'] as const),
  ['/wall/ikhtisar?focus=bus-01', '.device'],
  ['/wall/ikhtisar?group=cctv', '.group-list button'],
  ['/konsol/perangkat', '.table-row[data-id]'],
  ['/konsol/perangkat?focus=bus-01', '.device'],
  ['/konsol/pasang/udara-01', '.install-verdict'],
  ['/konsol/label?ids=udara-01', '.label'],
  ['/konsol/perawatan', '.maintenance-card'],
  ['/konsol/karantina', '.quarantine-row'],
  ['/konsol/aliran', '.balance'],
  ['/konsol/sesi', '[data-session]'],
  ...['audit', 'token', 'layar', 'akun'].map((name) => [`/konsol/${name}`, '.page-head'] as const),
]

/** Which of the two proofs that the picture is live are not whole on the glass, or lie under something. */
function outOfSight(page: Page): Promise<string[]> {
  return page.evaluate(`['.link-pill', '.clock-time'].filter((name) => {
    const element = document.querySelector(name)
    const { left, top, right, bottom } = element.getBoundingClientRect()
    const seen = document.elementFromPoint((left + right) / 2, (top + bottom) / 2)
    return left < 0 || top < 0 || right > innerWidth || bottom > innerHeight || !element.contains(seen)
  })`)
}

describe.skipIf(missing !== undefined)(`on a phone ${missing ?? ''}`, { timeout: 90_000 }, () => {
  const wall = wallPages()
  const backend = () => wall.backend({ city: troubledCity({ siteDir, nowMs: Date.now() }) })

  test.each(['id', 'en'])('no page scrolls sideways, and link and clock stay in sight (%s)', async (language) => {
    const server = await backend()
    const { page } = await wall.open(`${server.url}/?lang=${language}`, phone)
    for (const [path, shown] of pages) {
      await page.goto(`${server.url}${path}${path.includes('?') ? '&' : '?'}lang=${language}`)
      await page.locator(shown).first().waitFor()
      await page.locator('.link-pill[data-link=up]').waitFor()
      expect(await page.evaluate('document.documentElement.scrollWidth'), path).toBe(phone.width)
      expect(await outOfSight(page), path).toEqual([])
      await page.evaluate('scrollTo(0, document.body.scrollHeight)')
      expect(await outOfSight(page), `${path}, at its end`).toEqual([])
    }
  })

  test('every target is 48 px wide and high, also in windows', async () => {
    const server = await backend()
    const { page } = await wall.open(server.url, phone)
    for (const [path, shown] of pages) {
      await page.goto(`${server.url}${path}`)
      await page.locator(shown).first().waitFor()
      expect(await smallTargets(page, 48), path).toEqual([])
    }
    for (const [path, opener] of [
      ['perangkat', '.page-head .primary'],
      ['perangkat', '.table-row .small'],
      ['perawatan', '.page-head .primary'],
      ['token', '.page-head button'],
      ['layar', '.page-head button'],
    ]) {
      await page.goto(`${server.url}/konsol/${path}`)
      await page
        .locator(opener ?? '')
        .first()
        .click()
      await page.locator('.window').waitFor()
      expect(await smallTargets(page, 48), `${path} ${opener}`).toEqual([])
      expect(await page.evaluate('document.documentElement.scrollWidth'), path).toBe(phone.width)
    }
    await page.goto(`${server.url}/`)
    await page.locator('.link-pill[data-link=up]').waitFor()
    await page.keyboard.press('?')
    await page.locator('.help[open]').waitFor()
    expect(await smallTargets(page, 48)).toEqual([])
  })

  test('signing in needs no sideways scroll and no small target', async () => {
    const { page } = await wall.open((await wall.backend({ signedIn: false })).url, phone)
    await page.locator('.login').waitFor()
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(phone.width)
    expect(await smallTargets(page, 48)).toEqual([])
  })

  test('a device is installed: signed in to, heard, and put where the phone is', async () => {
    const server = await wall.backend({ signedIn: false })
    server.city.add(silentDevice('udara-99', 'air-quality', { simulated: false, name: 'Udara Pasar' }))
    server.city.silence.add('udara-99')
    const { page } = await wall.open(`${server.url}/konsol/pasang/udara-99`, phone)
    const context = page.context()
    await context.grantPermissions(['geolocation'])
    await page.fill('input[name=username]', 'uji')
    await page.fill('input[name=password]', backendPassword)
    await page.keyboard.press('Enter')
    await page.locator('.install-verdict').waitFor()
    expect(new URL(page.url()).pathname).toBe('/konsol/pasang/udara-99')
    // What comes before the page knows the device does not count as heard since it was opened.
    await page.locator('.install-state[data-state=unknown]').waitFor()
    const missingParts = () => page.locator('.install-verdict [data-missing]').count()
    expect(await missingParts()).toBe(2)

    // Too rough a place cannot be saved.
    await context.setGeolocation({ latitude: 3.6, longitude: 98.485, accuracy: 250 })
    await page.locator('.install-buttons button').first().click()
    await page.locator('.install-phone[data-accuracy-m="250"]').waitFor()
    expect(await page.locator('.install-phone .primary').isDisabled()).toBe(true)
    await context.setGeolocation({ latitude: 3.6001, longitude: 98.4854, accuracy: 8 })
    await page.locator('.install-phone[data-accuracy-m="8"]').waitFor()
    await page.locator('.install-phone .primary').click()
    expect(await smallTargets(page, 48)).toEqual([])
    // Nothing is written before somebody said yes.
    expect(server.city.devices.get('udara-99')?.lat).toBeNull()
    await page.locator('.window .primary').click()
    await page.locator('[data-place="3.6001,98.4854"]').waitFor()
    await expect.poll(missingParts).toBe(1)

    const at = new Date().toISOString()
    server.city.change('udara-99', { state: 'online', stateReason: null, measuredAt: at, receivedAt: at })
    await page.locator('.install-verdict[data-done=true]').waitFor()
    expect(await smallTargets(page, 48)).toEqual([])
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(phone.width)

    // It counts on, and is no longer live once the server is gone.
    const age = async () => Number(await page.locator('.install-last [data-age-s]').getAttribute('data-age-s'))
    await expect.poll(age).toBeGreaterThanOrEqual(2)
    server.hang(true)
    await page.locator('.install-last [data-state=stale]').waitFor()
    server.hang(false)

    // Whoever may only look sees no buttons, and a label of an unknown device says so.
    server.role = 'operator'
    await page.goto(`${server.url}/konsol/pasang/udara-99`)
    await page.locator('.install-verdict').waitFor()
    expect(await page.locator('.install-page button').count()).toBe(0)
    await page.goto(`${server.url}/konsol/pasang/tak-ada`)
    await page.locator('.install-part').waitFor()
    expect(await page.locator('.install-page button').count()).toBe(0)
    server.role = 'admin'
    await page.reload()
    await page.locator('.install-page .primary').click()
    await expect.poll(() => page.locator('.window input[name=id]').inputValue()).toBe('tak-ada')
  })

  test('no line of what is grave begins with the mark between its parts', async () => {
    const city = troubledCity({ siteDir, nowMs: Date.now() })
    const at = new Date().toISOString()
    city.silence.add('air-01')
    city.change('air-01', { metrics: { water_level_m: 4.2 }, measuredAt: at, receivedAt: at })
    const { page } = await wall.open((await wall.backend({ city })).url, phone)
    await page.locator('.siaga-item[data-siaga="1"] span:nth-of-type(3)').waitFor()
    const parts = await page.evaluate<{ left: number; top: number; before: string; after: string }[]>(
      `[...document.querySelectorAll('.siaga-item > *')].map((e) => {
        const { left, top } = e.getBoundingClientRect()
        return { left, top, before: getComputedStyle(e, '::before').content, after: getComputedStyle(e, '::after').content }
      })`,
    )
    const leftmost = Math.min(...parts.map(({ left }) => left))
    const beginning = parts.filter(({ left }) => left < leftmost + 1)
    expect(beginning.length).toBeGreaterThan(1)
    expect(beginning.map(({ before }) => before)).toEqual(beginning.map(() => 'none'))
    expect(parts.filter(({ after }) => after.includes('·')).length).toBeGreaterThan(1)
    // The levels of the rivers stand in one column, whether or not there is a siaga beside the name.
    const ends = await page.evaluate<number[]>(
      `[...document.querySelectorAll('[data-tile=water] .readout .value')].map((e) => Math.round(e.getBoundingClientRect().right))`,
    )
    expect(ends).toHaveLength(3)
    expect(new Set(ends).size).toBe(1)
  })
})
