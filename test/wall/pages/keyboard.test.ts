import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import type { Pairing } from '../../../contract/http/displays.ts'
import { viewIds } from '../../../contract/http/pages.ts'
import type { QuarantineRow } from '../../../contract/ports/pipeline.ts'
import { changes, heard, password, startCity } from '../../api/city-under-test.ts'
import { browserMissing, builtDashboard } from '../../support/browser/browser.ts'
import { type Keyboard, keyboardOf } from '../../support/browser/keyboard.ts'
import { wallPages } from '../../support/browser/wall-pages.ts'

const missing = browserMissing()

function quarantined(id: number, reason: string): QuarantineRow {
  const payload = Buffer.from('{"ts":"2026-11-2')
  return {
    ...{ id, reason, payload, atMs: Date.now() - id * 60_000, topic: `binjai/v1/bus/bus-0${id}/telemetry` },
    ...{ deviceId: `bus-0${id}`, detail: 'unexpected end', readings: 1, retriedAtMs: null },
  }
}

/** A real api with its registry, three buses and five refused messages, before its first page. */
async function consoleOf(wall: ReturnType<typeof wallPages>) {
  const city = await startCity({ dashboardDir: builtDashboard() })
  const ids = ['bus-01', 'bus-02', 'bus-03']
  for (const id of ids) await city.registry.devices.create({ id, profile: 'trans-binjai-bus', lat: 3.6, lon: 98.48 })
  city.outside.quarantined = [1, 2, 3, 4, 5].map((id) => quarantined(id, id === 4 ? 'unknown-device' : 'not-json'))
  city.outside.connect(true)
  city.outside.say(changes(...ids.map((id) => heard(id, { metrics: { speed_kmh: 20 } }))))
  const { page } = await wall.open(`${city.url}/konsol/akun`)
  return { city, page, keys: keyboardOf(page) }
}

const row = (id: string) => `.table-row[data-id="${id}"]`

async function signIn({ tabTo, type, press }: Keyboard): Promise<void> {
  await tabTo('input[name=username]')
  await type('the-admin')
  await tabTo('input[name=password]')
  await type(password)
  await press('Enter')
}

/** Moves from the row that is in the tab order to another; a row has the focus a frame after its key. */
async function goTo(keys: Keyboard, page: Page, id: string): Promise<void> {
  await keys.tabTo('.table-row[tabindex="0"]')
  const indexOf = async (selector: string) => Number(await page.locator(selector).getAttribute('data-index'))
  const [from, to] = [await indexOf('.table-row:focus'), await indexOf(row(id))]
  const step = Math.sign(to - from)
  for (let index = from; index !== to; index += step) {
    await keys.press(step > 0 ? 'ArrowDown' : 'ArrowUp')
    await page.locator(`.table-row:focus[data-index="${index + step}"]`).waitFor()
  }
}

/** Opens the window in which a device is changed, and goes to what is named in it. */
async function manage(keys: Keyboard, page: Page, id: string, target: string): Promise<void> {
  await goTo(keys, page, id)
  await keys.press('e')
  await page.locator('.window').waitFor()
  await keys.tabTo(target)
}

/** Waits until no window is open; the keyboard is back on the row that it came from. */
async function backOn(keys: Keyboard, page: Page, id: string): Promise<void> {
  await expect.poll(() => page.locator('.window').count()).toBe(0)
  await expect.poll(() => keys.focused()).toContain(id)
}

describe.skipIf(missing !== undefined)(`without a mouse ${missing ?? ''}`, { timeout: 90_000 }, () => {
  const wall = wallPages()

  test('an admin does a day of work, and sees at every step where the focus is', async () => {
    const { city, page, keys } = await consoleOf(wall)
    const { press, type, tabTo } = keys

    // 1. Sign in, and come to the page that was asked for.
    await signIn(keys)
    await page.locator('.account-page').waitFor()

    // 2. Open the list of devices.
    await tabTo('nav a[href="/konsol/perangkat"]')
    await press('Enter')
    await page.locator(row('bus-03')).waitFor()

    // 3. Search one, look at it, go back.
    await press('/')
    await type('bus-02')
    await expect.poll(() => page.locator('.table-row[data-id]').count()).toBe(1)
    await tabTo(row('bus-02'))
    await press('Enter')
    await page.locator('.device[data-id=bus-02]').waitFor()
    await press('Escape')
    await expect.poll(() => page.locator('.side-panel').count()).toBe(0)
    await press('/')
    await press('Control+A')
    await press('Delete')

    // 4. Register one.
    await tabTo('.page-head .primary')
    await press('Enter')
    await tabTo('input[name=id]')
    await type('air-09')
    await tabTo('select[name=profile]')
    await type('Pos du')
    await tabTo('input[name=name]')
    await type('Pos baru')
    await press('Enter')

    // 5. Copy its key, which is shown this once.
    await tabTo('.copyable .small')
    await press('Enter')
    await expect.poll(() => page.locator('.copyable .small').first().textContent()).toBe('Tersalin')
    expect((await page.locator('[data-secret=key]').textContent())?.length).toBeGreaterThan(15)
    await tabTo('.window .primary')
    await press('Enter')
    await page.locator(row('air-09')).waitFor()

    // 6. Change it.
    await manage(keys, page, 'air-09', 'input[name=name]')
    await press('Control+A')
    await type('Pos Titi Besi')
    await press('Enter')
    await backOn(keys, page, 'air-09')
    await expect.poll(() => page.locator(`${row('air-09')} .col-name`).textContent()).toBe('Pos Titi Besi')

    // 7. Give it another key, and end the old one at once.
    await manage(keys, page, 'air-09', '.form-actions button:nth-child(1)')
    await press('Enter')
    await tabTo('input[name=endOld]')
    await press('Space')
    await tabTo('.window .primary')
    await press('Enter')
    await page.locator('[data-secret=key]').waitFor()
    await tabTo('.window .primary')
    await press('Enter')
    await backOn(keys, page, 'air-09')

    // 8. Revoke it.
    await manage(keys, page, 'air-09', '.form-actions button:nth-child(2)')
    await press('Enter')
    await tabTo('.window .primary')
    await press('Enter')
    await backOn(keys, page, 'air-09')
    await expect.poll(() => page.locator(`${row('air-09')} .tag`).count()).toBe(1)

    // 9. Choose three, take them out of service together, and let go of them.
    await goTo(keys, page, 'bus-01')
    await press('Space')
    for (const id of ['bus-02', 'bus-03']) {
      await press('Shift+ArrowDown')
      await page.locator(`${row(id)}:focus`).waitFor()
    }
    await expect.poll(() => page.locator('.table-row[aria-selected=true]').count()).toBe(3)
    await tabTo('.choice-bar button')
    await press('Enter')
    await tabTo('select[name=disabled]')
    await type('non')
    await expect.poll(() => page.locator('.bulk-preview').textContent()).toBe('3 dari 3 perangkat akan berubah.')
    await tabTo('.window .primary')
    await press('Enter')
    await expect.poll(() => page.locator('.window').count()).toBe(0)
    await expect.poll(() => page.locator('.choice-bar [role=status]').textContent()).toBe('3 dipilih · 3 diubah')
    const outOfService = (await city.registry.devices.list()).filter(({ disabled }) => disabled).map(({ id }) => id)
    expect(outOfService).toEqual(['bus-01', 'bus-02', 'bus-03'])
    await expect.poll(() => keys.focused()).toContain('Ubah')
    await press('Escape')
    await expect.poll(() => page.locator('.table-row[aria-selected=true]').count()).toBe(0)
    await goTo(keys, page, 'bus-03')
    await press('Control+A')
    await expect.poll(() => page.locator('.table-row[aria-selected=true]').count()).toBe(4)
    await press('Escape')
    await expect.poll(() => page.locator('.table-row[aria-selected=true]').count()).toBe(0)

    // 10. Take a gauge and a bus into maintenance until the morning, and end that again.
    await tabTo('nav a[href="/konsol/perawatan"]')
    await press('Enter')
    await tabTo('.page-head .primary')
    await press('Enter')
    await tabTo('.device-choice input[type=search]')
    for (const words of ['bus-02', 'air-09']) {
      await press('Control+A')
      await type(words)
      await expect.poll(() => page.locator('[data-choice=add]').textContent()).toContain(' 1 ')
      await tabTo('[data-choice=add]')
      await press('Enter')
      await page.locator(`[data-chosen=${words}]`).waitFor()
      await tabTo('.device-choice input[type=search]')
    }
    await tabTo('[data-chosen]')
    await press('ArrowRight')
    await press('Delete')
    await expect.poll(() => page.locator('[data-chosen]').count()).toBe(1)
    await tabTo('.window .form-actions button:nth-child(3)')
    await press('Enter')
    await expect.poll(() => page.locator('input[name=until]').inputValue()).toMatch(/T06:00$/)
    await tabTo('input[name=reason]')
    await type('ganti baterai')
    await press('Enter')
    await page.locator('[data-maintenance]').waitFor()
    await expect.poll(() => city.registry.maintenance.list()).toMatchObject([{ deviceIds: ['bus-02'] }])
    await tabTo('[data-maintenance] .form-actions button:nth-child(2)')
    await press('Enter')
    await tabTo('.window .primary')
    await press('Enter')
    await expect.poll(() => page.locator('[data-maintenance]').count()).toBe(0)

    // 11. Find a refused message and give it a second chance.
    await tabTo('nav a[href="/konsol/karantina"]')
    await press('Enter')
    await tabTo('.filters select')
    await type('perangkat')
    await expect.poll(() => page.locator('.quarantine-row').count()).toBe(1)
    await tabTo('.quarantine-row summary')
    await press('Enter')
    await tabTo('.quarantine-retry button')
    await press('Enter')
    await expect.poll(() => page.locator('.quarantine-retry [role=status]').textContent()).toBe('tersimpan')
    expect(city.outside.retried).toEqual([4])

    // 12. Look at the flow of data.
    // Behind the views: devices, quarantine, pipeline.
    await press(String(viewIds.length + 3))
    await page.locator('.balance').waitFor()

    // 13. Make a token and revoke it.
    await tabTo('nav a[href="/konsol/token"]')
    await press('Enter')
    await tabTo('.page-head button')
    await press('Enter')
    await tabTo('input[name=name]')
    await type('penghitung')
    await press('Enter')
    await page.locator('[data-secret=token]').waitFor()
    await tabTo('.window .primary')
    await press('Enter')
    await tabTo('[data-token=penghitung] button')
    await press('Enter')
    await tabTo('.window .primary')
    await press('Enter')
    await expect.poll(() => page.locator('[data-token]').count()).toBe(0)

    // 14. Take a screen in by the code that it shows.
    const { code } = (await city.call('/api/v1/displays/pairings', { method: 'POST' })).json as Pairing
    await tabTo('nav a[href="/konsol/layar"]')
    await press('Enter')
    await tabTo('.page-head .primary')
    await press('Enter')
    await tabTo('input[name=code]')
    await type(code)
    await tabTo('input[name=name]')
    await type('utama-1')
    await press('Enter')
    await page.locator('[data-display=utama-1]').waitFor()

    // 15. Another language and palette; what the keys are; then away.
    await press('l')
    await expect.poll(() => page.locator('html').getAttribute('lang')).toBe('en')
    await press('d')
    await press('?')
    await page.locator('.help[open]').waitFor()
    await press('Escape')
    await expect.poll(() => page.locator('.help[open]').count()).toBe(0)
    await tabTo('.account button:last-child')
    await press('Enter')
    await page.locator('.login').waitFor()
    expect(keys.faults).toEqual([])
  })

  test('somebody ends the session of a browser elsewhere, then all others', async () => {
    const { city, page, keys } = await consoleOf(wall)
    const { press, tabTo } = keys
    await signIn(keys)
    await tabTo('a[href="/konsol/sesi"]')
    await press('Enter')
    await page.locator('.empty').waitFor()
    const elsewhere = await Promise.all([1, 2, 3].map(() => city.cookieOf('admin')))
    await page.reload()
    const rows = page.locator('[data-session]')
    await expect.poll(() => rows.count()).toBe(4)
    expect(await page.locator('[data-current=true]').textContent()).toMatch(/Chrome \d+ · Linux127\.0\.0\.1.*ini$/)
    await tabTo('[data-current=false] button')
    await press('Enter')
    await tabTo('.window .primary')
    await press('Enter')
    await expect.poll(() => rows.count()).toBe(3)
    await tabTo('.page-head button')
    await press('Enter')
    await tabTo('.window .primary')
    await press('Enter')
    await page.locator('.empty').waitFor()
    expect(await page.locator('[data-current=true]').count()).toBe(1)
    for (const cookie of elsewhere)
      expect((await city.call('/api/v1/session', { headers: { cookie } })).status).toBe(401)
    expect(keys.faults).toEqual([])
  })
})
