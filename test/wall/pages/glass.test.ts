import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { viewIds } from '../../../contract/http/pages.ts'
import type { Wall } from '../../../contract/http/walls.ts'
import { describedGlass, type Glass, guessedGlass } from '../../../dashboard/core/wall/display-geometry.ts'
import { acrossSeams, browserMissing, cutOff, overlapping, tooSmall } from '../../support/browser/browser.ts'
import { siteDir, wallPages } from '../../support/browser/wall-pages.ts'
import { exampleWalls, grid, mixed, seven } from '../../support/city/example-walls.ts'
import { createScriptedCity, type ScriptedCity, troubledCity } from '../../support/city/scripted-city.ts'

const missing = browserMissing()

function glassOf({ settings }: Wall): Glass {
  const { bezelMm, farthestViewerM, ...glazing } = settings
  return describedGlass({ glazing, bezelMm, farthestViewerM }, undefined)
}

interface Box {
  x: number
  y: number
  width: number
  height: number
}

/** Gives some values the longest words there are: offline since yesterday, in maintenance for days. */
function sicken(city: ScriptedCity): void {
  const day = 86_400_000
  const at = (ms: number) => new Date(Date.now() + ms).toISOString()
  const measured = [...city.devices.values()].filter(({ kind }) => kind === 'sensor')
  for (const [i, { id }] of measured.entries()) {
    if (i % 3 < 2) city.silence.add(id)
    const link = { state: 'lost', since: at(-day), reason: 'keepalive' } as const
    const gone = { link, state: 'offline', stateReason: 'link-lost', stateSince: at(-day) } as const
    if (i % 3 === 0) city.change(id, { ...gone, measuredAt: at(-day), receivedAt: at(-day) })
    if (i % 3 === 1) city.change(id, { maintenance: { from: at(-day), until: at(3 * day) } })
  }
}

/**
 * Names the buses as a fleet does, makes every other one late, which a value says beside its number, and takes one out of
 * service: all states are there.
 */
function delay(city: ScriptedCity): void {
  const before = new Date(Date.now() - 46_000).toISOString()
  for (const [i, { id }] of [...city.devices.values()].filter(({ kind }) => kind === 'bus').entries()) {
    city.change(id, { name: `Trans Binjai ${String(i + 1).padStart(2, '0')}` })
    if (i === 0) city.change(id, { disabled: true, state: 'disabled', stateReason: 'registry' })
    if (i % 2 === 0) continue
    city.silence.add(id)
    city.change(id, { expectedS: 30, measuredAt: before, receivedAt: before })
  }
}

/** Lists of counts in which a line is neither shown nor counted by the last one. */
async function untold(page: Page): Promise<string[]> {
  const found: string[] = []
  for (const list of await page.locator('.health-counts').all()) {
    const lines = list.locator('.readout:not(.health-more)')
    const [shown, all] = [await lines.filter({ visible: true }).count(), await lines.count()]
    const told = (await list.locator('.health-more:visible').allTextContents()).join()
    const wanted = shown === all ? '' : `dan ${all - shown} lagi di halaman aliran`
    if (shown === 0 || told !== wanted) found.push(`${shown} of ${all} shown, and "${told}"`)
  }
  return found
}

describe.skipIf(missing !== undefined)(`walls of any glass ${missing ?? ''}`, { timeout: 60_000 }, () => {
  const wall = wallPages()
  const troubled = () => troubledCity({ siteDir, nowMs: Date.now() })
  const backend = (city = troubled()) => wall.backend({ city, walls: [...exampleWalls] })

  async function open(url: string, size: { width: number; height: number }): Promise<Page> {
    const { page } = await wall.open(url, size)
    await page.locator('.wall[data-layout=tiled]').waitFor()
    await page.locator('.link-pill[data-link=up]').waitFor()
    await page.waitForTimeout(1500)
    return page
  }

  /** What stands badly on any screen of a page. */
  async function faultsOf(page: Page, glass: Glass): Promise<string[]> {
    const found: string[] = []
    for (const [i, id] of viewIds.entries()) {
      await page.keyboard.press(String(i + 1))
      await page.locator(`.wall[data-view=${id}] .panel`).first().waitFor()
      await page.waitForTimeout(1200)
      const words = [...(await overlapping(page)), ...(await acrossSeams(page, glass))]
      const faults = [...(await cutOff(page)), ...words, ...(await tooSmall(page, glass)), ...(await untold(page))]
      found.push(...faults.map((fault) => `${id}: ${fault}`))
    }
    return found
  }

  test.each([seven, mixed, grid(2, 2), grid(7, 1)])(
    'on "$settings.name" nothing is cut off, too small, or across a seam, on any screen, whatever is said of values',
    async (described) => {
      const city = troubled()
      delay(city)
      const server = await backend(city)
      const glass = glassOf(described)
      const page = await open(`${server.url}/wall/${viewIds[0]}?wall=${described.id}`, glass)
      const live = await faultsOf(page, glass)
      sicken(city)
      await page.keyboard.press('1')
      await page.locator('.tile .value[data-state=offline]').first().waitFor()
      await server.close()
      await page.locator('.tile .value[data-state=stale]').first().waitFor()
      expect({ live, lost: await faultsOf(page, glass) }).toEqual({ live: [], lost: [] })
    },
    // Two walks through five views of up to seven monitors.
    120_000,
  )

  test('several pages show one picture: each its part, at the same place and size', async () => {
    const server = await backend()
    const address = `${server.url}/wall/ikhtisar?wall=3x2`
    const box = (page: Page, selector: string): Promise<Box> =>
      page.evaluate(`(({ x, y, width, height }) => ({ x, y, width, height }))(
        document.querySelector('${selector}').getBoundingClientRect())`)
    const whole = await open(address, { width: 5760, height: 2160 })
    const list = await box(whole, '.panel-attention')
    expect(list).toMatchObject({ x: 3840, width: 1920 })
    const part = await open(`${address}&view=3840,0,1920,1080`, { width: 1920, height: 1080 })
    expect(await box(part, '.panel-attention')).toEqual({ ...list, x: 0 })
    // What another page shows is not drawn here.
    expect(await part.locator('.panel-map, [data-tile=bus]').count()).toBe(0)
    const small = await open(`${address}&view=3840,0,1920,1080`, { width: 960, height: 540 })
    const { y, width } = await box(small, '.panel-attention')
    expect([y, width]).toEqual([list.y / 2, list.width / 2])
    const rows = (page: Page) => page.locator('.panel-attention .attention-row').count()
    expect(await rows(small)).toBe(await rows(whole))
    expect(await small.evaluate('document.documentElement.scrollWidth')).toBe(960)
  })

  test('a wall that is described anew is followed without a reload; one that nobody knows is said', async () => {
    const server = await backend()
    const page = await open(`${server.url}/wall/ikhtisar?wall=2x2`, { width: 3840, height: 2160 })
    await page.evaluate('globalThis.stayed = true')
    const font = () => page.evaluate(`getComputedStyle(document.querySelector('.panel-attention')).fontSize`)
    const before = await font()
    const body = { ...grid(2, 2).settings, farthestViewerM: 3, lang: 'en', theme: 'siang' }
    const headers = { 'content-type': 'application/json' }
    await fetch(`${server.url}/api/v1/walls/2x2`, { method: 'PUT', headers, body: JSON.stringify(body) })
    await expect.poll(() => page.locator('html').getAttribute('data-theme')).toBe('siang')
    await expect.poll(() => page.locator('html').getAttribute('lang')).toBe('en')
    expect(Number.parseFloat(String(await font()))).toBeCloseTo(Number.parseFloat(String(before)) * 0.6, 1)
    expect(await page.evaluate('globalThis.stayed')).toBe(true)
    await page.goto(`${server.url}/wall/ikhtisar?wall=tiada`)
    await page.locator('.fault-pill').waitFor()
    expect(await page.locator('.fault-pill').textContent()).toContain('tiada')
  })

  test.each([
    [5760, 2160],
    [3840, 2160],
    [1920, 1080],
  ])('the place of alarms is the same on each screen of %d x %d, and a twentieth of it', async (width, height) => {
    const server = await backend()
    const { page } = await wall.open(`${server.url}/wall/${viewIds[0]}`, { width, height })
    const places = new Set<string>()
    for (const [i, id] of viewIds.entries()) {
      await page.keyboard.press(String(i + 1))
      await page.locator(`.wall[data-view=${id}]`).waitFor()
      const box = await page.locator('.alarm-line').boundingBox()
      places.add(JSON.stringify(box))
      expect((box?.height ?? 0) / height).toBeGreaterThanOrEqual(0.05)
    }
    expect([...places]).toHaveLength(1)
  })

  test('a wall is described in the console: faults are said while one types, its picture follows, its page opens', async () => {
    const server = await wall.backend()
    const { page, complaints } = await wall.open(`${server.url}/konsol/dinding`)
    await page.getByRole('button', { name: 'Gambarkan dinding' }).click()
    const monitors = page.locator('.wall-picture rect')
    await expect.poll(() => monitors.count()).toBe(6)
    await page.locator('input[name=id]').fill('utama')
    await page.locator('input[name=name]').fill('Dinding utama')
    await page.locator('select[name=arrangement]').selectOption('list')
    await page.locator('textarea[name=monitors]').fill('0,0 3840x2160 86\n1920,0 1080x1920 32\nsalah')
    await expect
      .poll(() => page.locator('.wall-faults li').allTextContents())
      .toEqual([...['Tidak terbaca: salah', 'Monitor 1 dan 2 saling menutupi.']])
    await page.locator('textarea[name=monitors]').fill('0,0 3840x2160 86\n3840,0 1080x1920 32')
    await expect.poll(() => page.locator('.wall-faults li').count()).toBe(0)
    await page.getByRole('button', { name: 'Simpan' }).click()
    await page.locator('[data-wall=utama]').waitFor()
    expect(server.walls.map(({ settings }) => settings)).toMatchObject([{ monitors: [{ w: 3840 }, { x: 3840 }] }])
    await page.goto(`${server.url}/wall/ikhtisar?wall=utama`)
    await page.locator('.wall[data-layout=tiled] .panel-map').waitFor()
    expect(complaints).toEqual([])
  })

  test('an empty city says its first steps on one monitor', async () => {
    const city = createScriptedCity({ siteDir, nowMs: Date.now() })
    for (const id of [...city.devices.keys()]) city.remove(id)
    const size = { width: 5760, height: 2160 }
    const { page } = await wall.open((await wall.backend({ city })).url, size)
    await page.locator('.first-steps code').waitFor()
    const glass = guessedGlass(size, new URLSearchParams())
    for (const language of ['id', 'en']) {
      await page.locator(`html[lang=${language}]`).waitFor()
      expect(await acrossSeams(page, glass), language).toEqual([])
      expect(await tooSmall(page, glass), language).toEqual([])
      await page.keyboard.press('l')
    }
  })
})
