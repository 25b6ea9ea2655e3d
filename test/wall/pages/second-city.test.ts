import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { viewIds } from '../../../contract/http/pages.ts'
import { guessedGlass } from '../../../dashboard/core/wall/display-geometry.ts'
import { createCityTime } from '../../../domain/city-time.ts'
import { acrossSeams, browserMissing, cutOff, overlapping } from '../../support/browser/browser.ts'
import { secondSiteDir, wallPages } from '../../support/browser/wall-pages.ts'
import { troubledCity } from '../../support/city/scripted-city.ts'

const missing = browserMissing()
const jayapura = createCityTime('Asia/Jayapura')

/** What shows that a screen has its data. */
const filled: Record<(typeof viewIds)[number], string> = {
  ikhtisar: '.attention-list',
  bus: '.panel-fleet',
  cctv: '.matrix-marks li',
  banjir: '.panel-river .calm',
  sistem: '.area-list li',
}

describe.skipIf(missing !== undefined)(
  `a second city, in another zone and without rivers ${missing ?? ''}`,
  {
    timeout: 60_000,
  },
  () => {
    const wall = wallPages()
    const backend = () => {
      const city = troubledCity({ siteDir: secondSiteDir, nowMs: Date.now() })
      return wall.backend({ siteDir: secondSiteDir, city })
    }
    const text = (page: Page, selector: string) => page.locator(selector).first().textContent()

    const sizes = [
      [5760, 2160],
      [1920, 1080],
    ] as const
    const cases = viewIds.flatMap((id) => sizes.map(([width, height]) => ({ id, width, height })))

    test.each(cases)('$id on $width x $height is whole, in both languages', async ({ id, width, height }) => {
      const server = await backend()
      const { page, complaints, strays } = await wall.open(`${server.url}/wall/${id}`, { width, height })
      await page.locator(filled[id]).first().waitFor({ state: 'attached' })
      expect(await page.locator('[data-pill=map-missing]').count()).toBe(0)
      for (const language of ['id', 'en']) {
        await page.locator(`html[lang=${language}]`).waitFor()
        expect(await page.evaluate('document.documentElement.scrollWidth'), language).toBe(width)
        expect(await cutOff(page), language).toEqual([])
        expect(await overlapping(page), language).toEqual([])
        const glass = guessedGlass({ width, height }, new URLSearchParams())
        if (glass.layout === 'tiled') expect(await acrossSeams(page, glass), language).toEqual([])
        expect(await page.locator('body').innerText(), language).not.toMatch(/Binjai|\bWIB\b/)
        await page.keyboard.press('l')
      }
      expect({ complaints, strays }).toEqual({ complaints: [], strays: [] })
    })

    test('has its own name at the top, in the title and at the door, and its buses the name that all buses have', async () => {
      const server = await backend()
      const { page } = await wall.open(`${server.url}/wall/bus`)
      await page.locator('.bus-row').first().waitFor()
      expect(await text(page, '.topline-name strong')).toBe('Pusat Kendali Teluk')
      expect(await text(page, '.topline-view')).toMatch(/^Bus kota /)
      expect(await page.title()).toBe('Pusat Kendali Teluk')
      await page.goto(`${server.url}/konsol/perangkat?q=bus-01`)
      await expect.poll(() => text(page, '.table-row[data-id=bus-01]')).toContain('Bus kota')
      server.logOut()
      await page.goto(`${server.url}/masuk`)
      await expect.poll(() => text(page, '.login h1')).toBe('Pusat Kendali Teluk')
    })

    test('says that it has no rivers, and that they cannot be loaded only when they cannot', async () => {
      const server = await backend()
      const { page } = await wall.open(`${server.url}/wall/banjir`)
      await expect.poll(() => text(page, '.panel-river .calm')).toBe('Data situs tidak memuat sungai.')
      expect(await page.locator('.post, .level-chart, [data-siaga]').count()).toBe(0)
      // The line of the rivers' levels does not call calm what nobody measures.
      expect(await text(page, '.siaga-calm')).toBe('')
      const map = await page.locator('.panel-map').boundingBox()
      expect(Math.min(map?.width ?? 0, map?.height ?? 0)).toBeGreaterThan(400)
      for (const panel of ['sungai', 'peta']) {
        await page.goto(`${server.url}/panel/banjir/${panel}`)
        await page.locator('.wall-body > :not(.panel-wait, .panel-failed, .no-panel)').waitFor()
      }
      await page.goto(`${server.url}/wall/ikhtisar`)
      await expect.poll(() => text(page, '[data-tile=water]')).toContain('belum ada yang terdaftar')
      await page.route('**/rivers.geojson', (route) => route.fulfill({ status: 404, body: '' }))
      await page.goto(`${server.url}/wall/banjir`)
      await expect.poll(() => text(page, '.panel-river .calm')).toBe('Data sungai tidak dapat dimuat.')
    })

    test('draws its devices on its own map, south of the equator', async () => {
      const server = await backend()
      const { page } = await wall.open(`${server.url}/?e2e=1`)
      await expect.poll(() => page.locator('.object-list li').count()).toBe(server.city.devices.size)
      const host = await page.locator('.map-host').boundingBox()
      const at = await page.evaluate<{ x: number; y: number }>(`globalThis.__bcc.drawn('cctv-05')`)
      expect(at.x).toBeGreaterThan(0)
      expect(at.x).toBeLessThan(host?.width ?? 0)
      expect(at.y).toBeGreaterThan(0)
      expect(at.y).toBeLessThan(host?.height ?? 0)
      await page.goto(`${server.url}/wall/cctv`)
      await expect
        .poll(() => page.locator('.matrix-group').allTextContents())
        .toEqual(
          expect.arrayContaining([expect.stringContaining('Teluk Barat'), expect.stringContaining('Teluk Timur')]),
        )
    })

    test('its clock says WIT on any host', async () => {
      const server = await backend()
      const { page } = await wall.open(server.url, { timezoneId: 'Asia/Jakarta' })
      await page.locator('.clock-time').waitFor()
      const shown = () => text(page, '.clock')
      await expect.poll(shown).toMatch(/^\d\d\.\d\d\.\d\dWIT$/)
      expect((await shown())?.slice(0, 2)).toBe(jayapura.minute(Date.now(), 'id').slice(0, 2))
    })

    test('what was refused, and who, is told with its time in WIT', async () => {
      const server = await backend()
      const { page } = await wall.open(`${server.url}/konsol/karantina`)
      const [first] = server.quarantine
      const atMs = Date.parse(first?.at ?? '')
      const words = `${jayapura.date(atMs, 'id')} ${jayapura.time(atMs, 'id')} WIT`
      await expect.poll(() => text(page, `li[data-id="${first?.id}"]`)).toContain(words)
    })

    test('the marks of a chart stand at hours of WIT', async () => {
      const server = await backend()
      const { page } = await wall.open('about:blank', { timezoneId: 'UTC' })
      await page.addInitScript(`globalThis.drawnTexts = []
      const fillText = CanvasRenderingContext2D.prototype.fillText
      CanvasRenderingContext2D.prototype.fillText = function (words, ...at) {
        if (this.canvas.closest('.chart')) globalThis.drawnTexts.push(words)
        return fillText.call(this, words, ...at)
      }`)
      await page.goto(`${server.url}/konsol/perangkat?focus=cctv-05`)
      await page.locator('.chart[data-metric=fps] canvas').waitFor()
      const times = async () =>
        (await page.evaluate<string[]>('globalThis.drawnTexts')).filter((words) => /^\d\d\.\d\d$/.test(words))
      await expect.poll(async () => (await times()).length).toBeGreaterThan(2)
      // Of 24 hours uPlot marks whole ones that divide the day; counted in UTC they would stand at odd hours of WIT.
      const hours = (await times()).map((words) => Number(words.slice(0, 2)))
      const newest = Number(jayapura.minute(Date.now(), 'id').slice(0, 2))
      expect(hours.every((hour) => hour % 2 === 0)).toBe(true)
      expect((newest - (hours.at(-1) ?? 0) + 24) % 24).toBeLessThan(6)
    })

    test('a day of the audit begins at its own midnight, and a maintenance ends by its own clock', async () => {
      const server = await backend()
      const { page } = await wall.open(`${server.url}/konsol/audit`)
      await expect.poll(() => text(page, '.filters')).toContain('(WIT)')
      const asked = page.waitForRequest(/audit\?.*from=/)
      await page.locator('input[type=date]').first().fill('2026-11-24')
      expect(new URL((await asked).url()).searchParams.get('from')).toBe('2026-11-23T15:00:00.000Z')
      await page.goto(`${server.url}/konsol/perawatan`)
      await page.locator('.page-head .primary').click()
      await expect.poll(() => text(page, '.window')).toContain('(WIT)')
    })
  },
)
