import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { viewIds } from '../../../contract/http/pages.ts'
import { guessedGlass } from '../../../dashboard/core/wall/display-geometry.ts'
import { acrossSeams, browserMissing, cutOff, overlapping } from '../../support/browser/browser.ts'
import { takeShot } from '../../support/browser/shots.ts'
import type { WallBackend } from '../../support/browser/wall-backend.ts'
import { siteDir, wallPages } from '../../support/browser/wall-pages.ts'
import { isoAt } from '../../support/city/device-view.ts'
import { createScriptedCity, type ScriptedCity, silentDevice, troubledCity } from '../../support/city/scripted-city.ts'

const missing = browserMissing()

/** What shows that a screen has its data. */
const filled: Record<(typeof viewIds)[number], string> = {
  ikhtisar: '.attention-list, .calm',
  bus: '.strip-bus',
  cctv: '.matrix-marks li',
  banjir: '.level-chart canvas',
  sistem: '.area-list li',
}

/** Maps and charts are drawn anew in another palette. */
const redrawMs = 700

const panels: Record<(typeof viewIds)[number], readonly string[]> = {
  ikhtisar: ['peta', 'ringkasan', 'perhatian', 'perangkat'],
  bus: ['peta', 'jalur', 'jumlah', 'armada'],
  cctv: ['matriks', 'peta', 'gangguan', 'jumlah'],
  banjir: ['bingai', 'mencirim', 'bangkatan', 'peta'],
  sistem: ['kepercayaan', 'aliran', 'penyimpan', 'jaringan', 'layar', 'pintu', 'catatan'],
}

describe.skipIf(missing !== undefined)(`the screens of the wall ${missing ?? ''}`, { timeout: 60_000 }, () => {
  const wall = wallPages()
  const backend = (city?: ScriptedCity) => wall.backend({ ...(city !== undefined && { city }) })
  const open = (server: WallBackend, path: string, options: Parameters<typeof wall.open>[1] = {}) =>
    wall.open(`${server.url}${path}`, options)

  const troubled = () => troubledCity({ siteDir, nowMs: Date.now() })

  const sizes = [
    [5760, 2160, 'tiled'],
    [3840, 2160, 'single'],
    [1920, 1080, 'desk'],
    [390, 844, 'phone'],
  ] as const
  const cases = viewIds.flatMap((id) => sizes.map(([width, height, layout]) => ({ id, width, height, layout })))

  test.each(cases)('$id on $width x $height: nothing is cut off, on anything else, or across a seam', async (one) => {
    const { id, width, height, layout } = one
    const { page, complaints, strays } = await open(await backend(troubled()), `/wall/${id}`, { width, height })
    await page.locator(filled[id]).first().waitFor({ state: 'attached' })
    expect(await page.locator('.wall').getAttribute('data-layout')).toBe(layout)
    for (const language of ['id', 'en']) {
      await expect.poll(() => page.locator('html').getAttribute('lang')).toBe(language)
      expect(await page.evaluate('document.documentElement.scrollWidth'), language).toBe(width)
      expect(await cutOff(page), language).toEqual([])
      expect(await overlapping(page), language).toEqual([])
      if (layout === 'tiled')
        expect(await acrossSeams(page, guessedGlass({ width, height }, new URLSearchParams())), language).toEqual([])
      await page.keyboard.press('l')
    }
    for (const theme of ['malam', 'siang'] as const) {
      await page.locator(`html[data-theme=${theme}][lang=id]`).waitFor()
      await page.waitForTimeout(redrawMs)
      await takeShot(page, { screen: id, size: `${width}x${height}`, theme, language: 'id' })
      await page.keyboard.press('d')
    }
    expect({ complaints, strays }).toEqual({ complaints: [], strays: [] })
  })

  test('every panel has an address of its own, with its own link pill; a wrong one names those that there are', async () => {
    const server = await backend()
    const { page, complaints } = await open(server, '/')
    for (const screen of viewIds) {
      for (const panel of panels[screen]) {
        await page.goto(`${server.url}/panel/${screen}/${panel}`)
        await page.locator('.wall-body > :not(.panel-wait, .panel-failed, .no-panel)').waitFor()
        expect(await page.locator('.wall-body > *').count(), `${screen}/${panel}`).toBe(1)
        // It has the whole picture, not its place among others.
        const [body, alone] = await page.evaluate<{ width: number; height: number }[]>(
          `['.wall-body', '.wall-body > *'].map((one) => document.querySelector(one).getBoundingClientRect().toJSON())`,
        )
        expect(alone, `${screen}/${panel}`).toMatchObject({ width: body?.width, height: body?.height })
        await page.locator('.link-pill[data-link=up]').waitFor()
      }
      await page.goto(`${server.url}/panel/${screen}/bukan`)
      await expect.poll(() => page.locator('.no-panel a').allTextContents()).toEqual(panels[screen])
    }
    expect(complaints).toEqual([])
  })

  test('the keys 1 to 5 go to the screens, and what the address says of the glass goes along', async () => {
    const { page } = await open(await backend(), '/wall/bus?u=14&theme=siang&focus=bus-01')
    await page.locator('.strip-bus').first().waitFor({ state: 'attached' })
    for (const [i, id] of viewIds.entries()) {
      await page.keyboard.press(String(i + 1))
      await page.locator(`.wall[data-view=${id}]`).waitFor()
      const url = new URL(page.url())
      expect([url.pathname, url.searchParams.get('u'), url.searchParams.get('focus')]).toEqual([
        `/wall/${id}`,
        '14',
        null,
      ])
      expect(await page.locator('.view-nav [aria-current]').count()).toBe(1)
    }
  })

  test.each(viewIds)('%s: a killed server leaves nothing live and nothing counted', async (id) => {
    const server = await backend()
    const { page } = await open(server, `/wall/${id}`)
    await page.locator('.link-pill[data-link=up]').waitFor()
    await page.locator(filled[id]).first().waitFor({ state: 'attached' })
    await server.close()
    await page.locator('[data-band=lost]').waitFor({ timeout: 8000 })
    expect(await page.locator('[data-state=online], [data-state=late]').count()).toBe(0)
    expect(await page.locator('[data-siaga]').count()).toBe(0)
    for (const live of await page.locator('[data-live]:not(.strip-bus)').all())
      expect(await live.getAttribute('data-live'), await live.innerHTML()).toBe(null)
  })

  test('on a phone the signs of trust stay in the picture, with old data and with a wider font too', async () => {
    const server = await backend(troubled())
    const { page } = await open(server, '/', { width: 390, height: 844 })
    // As long as the font is under way, or for good: what the phone has instead.
    await page.route(/\.woff2?$/, (route) => route.abort())
    await page.goto(`${server.url}/wall/sistem`)
    await page.locator('.link-pill[data-link=up]').waitFor()
    await page.locator('.simulation-pill').waitFor()
    const width = () => page.evaluate('document.documentElement.scrollWidth')
    expect(await width()).toBe(390)
    await server.close()
    await page.locator('.data-age[data-age-s="12"]').waitFor({ timeout: 20_000 })
    for (const language of ['id', 'en']) {
      await page.locator(`html[lang=${language}]`).waitFor()
      expect(await width(), language).toBe(390)
      await page.keyboard.press('l')
    }
  })

  const text = (page: Page, selector: string) => page.locator(selector).first().textContent()

  test('trans binjai: a bus that is silent has no arrow and is not counted on its route', async () => {
    const city = createScriptedCity({ siteDir, nowMs: Date.now() })
    city.silence.add('bus-03')
    city.change('bus-03', { measuredAt: isoAt(Date.now() - 60_000), receivedAt: isoAt(Date.now() - 60_000) })
    const { page } = await open(await backend(city), '/wall/bus')
    const row = page.locator('.bus-row[data-id=bus-03]')
    await expect.poll(() => row.getAttribute('data-state')).toBe('stale')
    expect(await row.textContent()).toMatch(/basi 1 mnt/)
    expect(await page.locator('.strip-bus[data-id=bus-03][data-direction]').count()).toBe(0)
    expect(await text(page, '.panel-counts [data-count-of=stale] strong')).toBe('1')
    expect(await page.locator('.panel-counts .coverage').getAttribute('data-live')).toBe('13')
    expect(await page.locator('.object-list li').count()).toBe(14)
  })

  test('trans binjai: a bus that drives has its arrow with the first picture, one that stands has a dot', async () => {
    const city = troubled()
    city.silence.add('bus-01')
    city.change('bus-01', { metrics: { ...city.devices.get('bus-01')?.metrics, speed_kmh: 0 } })
    const { page } = await open(await backend(city), '/wall/bus')
    const bus = (id: string) => page.locator(`.strip-bus[data-id="${id}"]`)
    await bus('bus-05').waitFor({ state: 'attached' })
    expect(await bus('bus-05').getAttribute('data-direction')).toMatch(/^(forth|back)$/)
    expect(await bus('bus-05').locator('button').getAttribute('aria-label')).toContain('menuju Halte')
    expect(await bus('bus-01').getAttribute('data-direction')).toBeNull()
  })

  test('trans binjai: very many buses on a route are counted, not drawn one by one', async () => {
    const city = createScriptedCity({ siteDir, nowMs: Date.now() })
    for (let n = 15; n < 400; n += 1) city.add(silentDevice(`bus-${n}`, 'trans-binjai-bus'))
    const { page } = await open(await backend(city), '/wall/bus')
    await expect.poll(() => page.locator('.strip-many').count(), { timeout: 15_000 }).toBeGreaterThan(0)
    expect(await page.locator('.strip-many').first().textContent()).toMatch(/^\d+ bus: terlalu banyak/)
    expect(await page.locator('.strip:has(.strip-many) .strip-bus').count()).toBe(0)
  })

  test('cctv: every camera has its mark, the blind ones first, and a standing picture is called so', async () => {
    const { page } = await open(await backend(troubled()), '/wall/cctv')
    await expect.poll(() => page.locator('.matrix-marks li').count()).toBe(32)
    await expect.poll(() => page.locator('.panel-outages li').count()).toBe(3)
    expect(await text(page, '.panel-outages [data-id=cctv-01] .attention-words')).toContain('gambar beku')
    const first = await page.locator('.matrix-group:has([data-id=cctv-02]) li').first().getAttribute('data-state')
    expect(first).toBe('offline')
    await page.locator('.matrix-marks [data-id=cctv-02] button').click()
    await page.locator('.device[data-id=cctv-02]').waitFor()
  })

  test('sungai: levels stand against the marks of their own post, and a chart keeps gap and spike', async () => {
    const city = createScriptedCity({ siteDir, nowMs: Date.now() })
    for (const id of ['air-01', 'air-07']) city.silence.add(id)
    // Siaga 3 begins at 2 m of the Bingai, at 0.8 m of the Bangkatan.
    city.change('air-01', { metrics: { water_level_m: 1 }, measuredAt: isoAt(Date.now()) })
    city.change('air-07', { metrics: { water_level_m: 1 }, measuredAt: isoAt(Date.now()) })
    const { page } = await open(await backend(city), '/wall/banjir')
    await expect.poll(() => page.locator('.post[data-id=air-01]').getAttribute('data-siaga')).toBe('4')
    await expect.poll(() => page.locator('.post[data-id=air-07]').getAttribute('data-siaga')).toBe('3')
    const chart = page.locator('.panel-river').first().locator('.level-chart').first()
    await chart.locator('canvas').waitFor()
    expect(await chart.getAttribute('data-gaps')).toBe('1')
    expect(Number(await chart.getAttribute('data-max'))).toBeGreaterThan(2.5)
    // Somebody works on this one: what it measures does not stand there as the present does.
    const maintenance = { from: isoAt(Date.now() - 60_000), until: isoAt(Date.now() + 3_600_000) }
    city.change('air-02', { maintenance, state: 'disabled', stateReason: 'maintenance' })
    const weight = (id: string) =>
      page.evaluate(`getComputedStyle(document.querySelector('.post[data-id=${id}] .value-number')).fontWeight`)
    await expect.poll(() => weight('air-02')).toBe('400')
    expect(await weight('air-01')).toBe('700')
    // Nobody measures at the lowest post of the Bangkatan.
    const unknown = page.locator('.post[data-post=bangkatan-hilir]')
    expect([await unknown.getAttribute('data-state'), await unknown.locator('.value').textContent()]).toEqual([
      'unknown',
      '—tak ada data',
    ])
  })

  test('sistem: the counters add up, and a part that is down is said to be', async () => {
    const server = await backend()
    const { page } = await open(server, '/wall/sistem')
    await page.locator('.panel-flow [data-missing="0"]').waitFor()
    server.pipeline.store.up = false
    await page.locator('[data-fault="own.store"]').waitFor({ timeout: 5000 })
    expect(await page.locator('.panel-store [data-up=false]').count()).toBe(1)
  })
})
