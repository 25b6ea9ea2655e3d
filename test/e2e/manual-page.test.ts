import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Readings } from '../../contract/http/readings.ts'
import { browserMissing, builtDashboard, openBrowser, openPage } from '../support/browser/browser.ts'
import { startSystem } from '../support/system/system.ts'

const missing = browserMissing()
const aWhile = { timeout: 15_000, interval: 100 }
/** A post of the city, with its marks: 1 at 4 m, 2 at 3 m, 3 at 2 m and the like. */
const posts: { posts: { lat: number; lon: number; siagaM: { 2: number; 3: number } }[] } = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../contract/site/binjai/river-posts.json'), 'utf8'),
)
const [post = { lat: 0, lon: 0, siagaM: { 2: 3, 3: 2 } }] = posts.posts

async function signIn(page: Page, username: string, password: string): Promise<void> {
  await page.fill('input[name=username]', username)
  await page.fill('input[name=password]', password)
  await page.click('button[type=submit]')
  await page.locator('.wall-body').waitFor()
}

describe.skipIf(missing !== undefined)(`a reading by hand on the pages ${missing ?? ''}`, { timeout: 90_000 }, () => {
  async function start() {
    builtDashboard()
    const system = await startSystem()
    const api = await system.login()
    const gauge = { id: 'duga-1', profile: 'river-gauge', name: 'Duga 1', lat: post.lat, lon: post.lon }
    expect((await api.send('POST', '/devices', gauge)).status).toBe(201)
    const browser = await openBrowser()
    onTestFinished(() => browser.close())
    const base = `http://127.0.0.1:${system.http}`
    const password = readFileSync(join(system.dir, 'admin-password'), 'utf8').trim()
    return { system, api, browser, base, password }
  }

  test('is entered with the keyboard, told wrong values at the form, and bears its mark and author in panel and rivers', async () => {
    const { api, browser, base, password } = await start()
    const { page, complaints } = await openPage(browser, `${base}/masuk?lang=id`)
    await signIn(page, 'admin', password)
    complaints.length = 0
    await page.goto(`${base}/wall/banjir?focus=duga-1&lang=id`)
    await page.locator('.manual-entry > button').press('Enter')
    const level = page.locator('input[name=water_level_m]')
    await expect.poll(() => page.evaluate('document.activeElement.name'), aWhile).toBe('water_level_m')

    // Nothing read.
    await page.keyboard.press('Enter')
    await expect.poll(() => page.locator('.manual-form .form-error').textContent(), aWhile).toContain('sedikitnya satu')
    // Not possible: the browser holds it back, in our words.
    await level.fill('327')
    await page.keyboard.press('Enter')
    expect(await page.evaluate('document.activeElement.validationMessage')).toContain('-20')
    // A time to come: the server holds it back.
    await level.fill('2.5')
    const time = page.locator('input[name=ts]')
    const now = await time.inputValue()
    await time.fill(`2099${now.slice(4)}`)
    await level.press('Enter')
    await expect.poll(() => page.locator('.manual-form .form-error').textContent(), aWhile).toContain('Waktu')
    expect((await api.get<Readings>('/devices/duga-1/readings')).manual).toBeUndefined()

    await time.fill(now)
    await page.fill('input[name=note]', 'dari jembatan')
    const sealM = post.siagaM[2] + 0.01
    await level.fill(String(sealM))
    await page.keyboard.press('Enter')
    await expect.poll(() => page.locator('.manual-said').textContent(), aWhile).toContain('MANUAL')
    expect(await page.evaluate(`document.activeElement.matches('.manual-entry > button')`)).toBe(true)

    const panel = page.locator('.device')
    await expect
      .poll(() => panel.locator('[data-manual=water_level_m]').textContent(), aWhile)
      .toMatch(/MANUAL.*m.*admin/)
    await expect
      .poll(() => panel.locator('.manual-list').textContent(), aWhile)
      .toMatch(/admin \(admin\).*dari jembatan/)
    await expect
      .poll(() => panel.locator('.chart[data-metric=water_level_m]').getAttribute('data-marks'), aWhile)
      .toBe('1')
    expect(await panel.getAttribute('data-state')).toBe('unknown')
    const row = page.locator('.post[data-id=duga-1]')
    expect(await row.getAttribute('data-by-hand')).toBe('true')
    expect(await row.getAttribute('data-siaga')).toBe('2')
    expect(await row.textContent()).toContain('dari bacaan manual')
    // 400 and the like of what was refused above.
    expect(complaints.filter((one) => !one.includes('400'))).toEqual([])

    await page.locator('.manual-entry > button').click()
    await page.keyboard.press('Escape')
    await page.locator('.manual-form').waitFor({ state: 'detached' })
    expect(await page.locator('.side-panel').count()).toBe(1)
  })

  test('a wall shows mark, level, age and role, and neither author nor note; nobody can enter one there', async () => {
    const { system, browser, base } = await start()
    const add = async (name: string, role: string): Promise<string> =>
      JSON.parse(await system.bcc('user', 'add', name, '--role', role, '--json')).password
    const headers = { 'content-type': 'application/json' }
    const person = JSON.stringify({ username: 'budi-santoso', password: await add('budi-santoso', 'operator') })
    const session = await fetch(`${base}/api/v1/session`, { method: 'POST', headers, body: person })
    const cookie = session.headers.get('set-cookie')?.split(';')[0] ?? ''
    const body = JSON.stringify({ water_level_m: post.siagaM[3] + 0.01, note: 'rahasia-catatan' })
    const path = `${base}/api/v1/devices/duga-1/readings`
    expect((await fetch(path, { method: 'POST', headers: { ...headers, cookie }, body })).status).toBe(202)

    const { page } = await openPage(browser, `${base}/masuk?lang=id`)
    const frames: string[] = []
    page.on('websocket', (socket) => socket.on('framereceived', ({ payload }) => frames.push(String(payload))))
    await signIn(page, 'layar', await add('layar', 'wall'))
    await page.goto(`${base}/wall/banjir?focus=duga-1&lang=id`)
    const row = page.locator('.post[data-id=duga-1]')
    await expect.poll(() => row.textContent(), aWhile).toMatch(/MANUAL.*m.*operator · .*Siaga 3.*dari bacaan manual/)
    await expect.poll(() => page.locator('.manual-list').textContent(), aWhile).toContain('operator')
    expect(await page.locator('.manual-entry').count()).toBe(0)
    await expect.poll(() => page.locator('.alarm-line').textContent(), aWhile).toMatch(/Siaga 3 · waspada · MANUAL/)
    await page.goto(`${base}/wall/ikhtisar?lang=id`)
    await expect.poll(() => page.locator('[data-manual=water_level_m]').textContent(), aWhile).toContain('MANUAL')
    const seen = [await page.content(), ...frames].join()
    expect(frames.join()).toContain('"manual":{"at"')
    expect(seen).not.toMatch(/budi-santoso|rahasia-catatan/)
  })
})
