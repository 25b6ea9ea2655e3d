import axe from 'axe-core'
import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { viewIds } from '../../contract/http/pages.ts'
import { browserMissing, cutOff, overlapping } from '../support/browser/browser.ts'
import type { WallBackend } from '../support/browser/wall-backend.ts'
import { siteDir, wallPages } from '../support/browser/wall-pages.ts'
import { isoAt } from '../support/city/device-view.ts'
import { type ScriptedCity, troubledCity } from '../support/city/scripted-city.ts'

const missing = browserMissing()

/** A flood of each gravity, a wrong clock, a fight over a key, a value that cannot be. */
function grave(city: ScriptedCity): void {
  const at = isoAt(Date.now())
  const level = (id: string, levelM: number) => {
    city.silence.add(id)
    city.change(id, { metrics: { water_level_m: levelM }, measuredAt: at, receivedAt: at })
  }
  level('air-01', 4.2)
  level('air-02', 3.3)
  level('air-03', 2.2)
  city.change('udara-01', { clockWrong: true })
  city.change('udara-02', { duplicate: true })
  city.silence.add('lampu-01')
  const behindMs = 9_000_000
  const behind = { measuredAt: isoAt(Date.now() - behindMs), receivedAt: isoAt(Date.now()), skewMs: behindMs }
  city.change('lampu-01', { state: 'offline', stateSince: at, stateReason: 'clock-behind', ...behind })
  city.change('udara-03', { faults: ['pm25_ugm3'] })
}

/** Everything that a part of ours can report. */
function breakAll({ pipeline }: WallBackend): void {
  Object.assign(pipeline.broker, { up: false, open: true })
  Object.assign(pipeline.broker.journal, { full: true, lastError: 'no space' })
  Object.assign(pipeline.store, { up: false, detail: 'refused' })
  Object.assign(pipeline, {
    ingest: { up: false, countedAt: '2026-11-21T00:59:30.000Z' },
    api: { open: true },
    lagMs: 90_000,
    received: pipeline.received + 7,
  })
  Object.assign(pipeline.storage ?? {}, {
    ...{ overBudget: true, low: true, freeBytes: 4_000_000, missingDays: 2, damagedFiles: ['cold-2026-10.db'] },
    fault: 'no space left',
  })
  pipeline.certificate = {
    notAfter: isoAt(Date.now() + 86_400_000),
    caNotAfter: isoAt(Date.now() - 86_400_000),
    fault: 'bad',
  }
}

/** Words that axe finds with less than 7:1 against what they stand on. */
const faint = (page: Page): Promise<string[]> =>
  page.evaluate(
    `axe.run({ exclude: [['.simulation'], ['.map-host']] }, { runOnly: { type: 'rule', values: ['color-contrast-enhanced'] } })
      .then(({ violations }) => violations.flatMap(({ nodes }) => nodes.map(({ target, html }) => target.join(' ') + ' ' + html.slice(0, 80))))`,
  )

describe.skipIf(missing !== undefined)(`with everything wrong at once ${missing ?? ''}`, { timeout: 60_000 }, () => {
  const wall = wallPages()

  const paths = [...viewIds.map((id) => `/wall/${id}`), '/konsol/aliran', '/konsol/perangkat', '/konsol/layar']
  test.each(paths)('every word of %s is told from its ground, 7:1, in both palettes', async (path) => {
    const city = troubledCity({ siteDir, nowMs: Date.now() })
    grave(city)
    const server = await wall.backend({ city, displays: ['utama-1'] })
    breakAll(server)
    const { page } = await wall.open(`${server.url}${path}?theme=malam`)
    await page.locator('.link-pill[data-link=up]').waitFor()
    await page.locator('[data-band=stopped]').waitFor()
    await page.waitForTimeout(1000)
    await page.evaluate(axe.source)
    expect(await faint(page), 'malam').toEqual([])
    await page.keyboard.press('d')
    await page.locator('html[data-theme=siang]').waitFor()
    await page.waitForTimeout(300)
    expect(await faint(page), 'siang').toEqual([])
    if (path === '/wall/sistem') expect(await page.locator('[data-up=false]').count()).toBeGreaterThan(7)
  })

  test.each([
    [5760, 2160],
    [3840, 2160],
    [1920, 1080],
    [390, 844],
  ])(
    'our own faults leave room for what is grave in the city, and for each other, on %d x %d',
    async (width, height) => {
      const city = troubledCity({ siteDir, nowMs: Date.now() })
      grave(city)
      const server = await wall.backend({ city, displays: ['utama-1'] })
      breakAll(server)
      // With what they say of the broker and of ingest data would be old, which has a band of its own.
      Object.assign(server.pipeline, { broker: { ...server.pipeline.broker, up: true }, ingest: { up: true } })
      for (const screen of ['ikhtisar', 'sistem']) {
        const { page } = await wall.open(`${server.url}/wall/${screen}`, { width, height })
        await page.locator('.own-faults li').first().waitFor()
        await page.locator('.band').first().waitFor({ state: 'detached' })
        for (const language of ['id', 'en']) {
          await page.locator(`html[lang=${language}]`).waitFor()
          await page.waitForTimeout(700)
          expect(await overlapping(page), `${screen} ${language}`).toEqual([])
          expect(await cutOff(page), `${screen} ${language}`).toEqual([])
          await page.keyboard.press('l')
        }
        const shown = await page.locator('.own-faults li:visible').count()
        const all = await page.locator('.own-faults li').count()
        const more = await page.locator('.own-more').allTextContents()
        expect(more).toEqual(shown === all ? [] : [`dan ${all - shown} gangguan lagi`])
        if (screen === 'sistem') {
          const clocks = page.locator('.panel-trust .readout', { hasText: 'Jam perangkat' })
          expect(await clocks.locator('.part-state').textContent()).toBe('2')
        } else expect(await page.locator('.attention-row').first().getAttribute('data-siaga')).toBe('1')
      }
    },
  )

  test.each([
    [3840, 2160],
    [1920, 1080],
    [390, 844],
  ])('rivers of which nothing new is heard: no words on others on %d x %d', async (width, height) => {
    const city = troubledCity({ siteDir, nowMs: Date.now() })
    const old = isoAt(Date.now() - 1_500_000)
    for (let i = 1; i <= 8; i++) {
      city.silence.add(`air-0${i}`)
      city.change(`air-0${i}`, { measuredAt: old, receivedAt: old })
    }
    const { page } = await wall.open(`${(await wall.backend({ city })).url}/wall/banjir`, { width, height })
    await page.locator('.post .value-remark').first().waitFor()
    for (const language of ['id', 'en']) {
      await page.locator(`html[lang=${language}]`).waitFor()
      await page.waitForTimeout(500)
      expect(await overlapping(page), language).toEqual([])
      await page.keyboard.press('l')
    }
  })
})
