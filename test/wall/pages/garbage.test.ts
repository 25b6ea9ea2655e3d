import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { browserMissing } from '../../support/browser/browser.ts'
import { openPageMemory } from '../../support/browser/page-memory.ts'
import { wallPages } from '../../support/browser/wall-pages.ts'

const missing = browserMissing()

/** Every panel of every screen, and what shows that it has drawn what it draws. */
const panels: readonly (readonly [path: string, drawn: string])[] = [
  ['ikhtisar/peta', '.map-gl[data-ready="true"]'],
  ['ikhtisar/ringkasan', '.tile'],
  ['ikhtisar/perhatian', '.calm, .attention-list'],
  ['ikhtisar/perangkat', '.profile-bar'],
  ['bus/peta', '.map-gl[data-ready="true"]'],
  ['bus/jalur', '.strip-bus'],
  ['bus/jumlah', '.coverage'],
  ['bus/armada', '.bus-row'],
  ['cctv/matriks', '.matrix-marks li'],
  ['cctv/peta', '.map-gl[data-ready="true"]'],
  ['cctv/gangguan', '.calm, li'],
  ['cctv/jumlah', '.coverage'],
  ['banjir/bingai', '.level-chart canvas'],
  ['banjir/mencirim', '.level-chart canvas'],
  ['banjir/bangkatan', '.level-chart canvas'],
  ['sistem/kepercayaan', '.readout'],
  ['sistem/aliran', '.readout'],
  ['sistem/penyimpan', '.readout'],
  ['sistem/jaringan', '.area-list li'],
  ['sistem/layar', '.calm'],
  ['sistem/pintu', '.readout'],
  ['sistem/catatan', '.readout'],
]

/**
 * One panel with a chart may be left: V8 keeps the shape of the first uPlot with the getter that it defines on itself, until
 * there is another. A leak would leave all of them.
 */
const charted = /^(banjir|focus=)/

/** Goes to an address as a link does, without loading the page again. */
const go = (page: Page, path: string) => page.evaluate(`history.pushState(null, '', '${path}')`)

describe.skipIf(missing !== undefined)(`what was left ${missing ?? ''}`, { timeout: 120_000 }, () => {
  const wall = wallPages()

  test('every panel, device view and list of devices is garbage within 15 s of leaving it', async () => {
    const server = await wall.backend()
    const { page, complaints } = await wall.open(`${server.url}/panel/sistem/pintu`)
    await page.locator('.link-pill[data-link=up]').waitFor()
    const memory = await openPageMemory(page)
    await page.evaluate(`(() => {
      const held = new Map()
      const registry = new FinalizationRegistry((name) => held.set(name, held.get(name) - 1))
      globalThis.watchGarbage = (name, root) => {
        const all = [root, ...root.querySelectorAll('*')]
        held.set(name, (held.get(name) ?? 0) + all.length)
        for (const element of all) registry.register(element, name)
      }
      globalThis.heldElements = () => [...held].filter(([, n]) => n > 0).map(([name, n]) => name + ': ' + n)
    })()`)
    const watch = (name: string, root: string) =>
      page.evaluate(`watchGarbage('${name}', document.querySelector('${root}'))`)
    for (const [panel, drawn] of panels) {
      await go(page, `/panel/${panel}`)
      await page.locator(`.wall-body ${drawn}`).first().waitFor({ state: 'attached', timeout: 30_000 })
      await watch(panel, '.wall-body > *')
    }
    for (const [query, drawn] of [
      ['focus=bus-01', '.trail canvas'],
      ['focus=air-01', '.metric-list canvas'],
      ['group=cctv', '.group-list li'],
    ]) {
      await go(page, `/panel/sistem/pintu?${query}`)
      await page.locator(`.side-panel ${drawn}`).first().waitFor({ timeout: 30_000 })
      await watch(String(query), '.side-panel')
    }
    await go(page, '/panel/sistem/aliran')
    await page.locator('.side-panel').waitFor({ state: 'detached' })
    await expect
      .poll(
        async () => {
          await memory.collect()
          const held = await page.evaluate<string[]>('heldElements()')
          return held.length === 1 ? held.filter((name) => !charted.test(name)) : held
        },
        { timeout: 15_000, interval: 500 },
      )
      .toEqual([])
    expect(complaints).toEqual([])
  })

  test('a map that was left before its code arrived does not ask for it again', async () => {
    const server = await wall.backend()
    const { page } = await wall.open(`${server.url}/icon.svg`)
    await page.clock.install()
    const { promise: left, resolve: leave } = Promise.withResolvers<void>()
    let asked = 0
    await page.route('**/basemap-gl-*.js', async (route) => {
      asked++
      await left
      await route.abort()
    })
    await page.goto(`${server.url}/panel/ikhtisar/peta`)
    await expect.poll(() => asked).toBeGreaterThan(0)
    await go(page, '/panel/sistem/pintu')
    await page.locator('.panel-door').waitFor()
    const failed = page.waitForEvent('requestfailed')
    leave()
    await failed
    const before = asked
    // A map that is still there tries again after 30 s.
    for (let i = 0; i < 5; i++) await page.clock.fastForward(31_000)
    await page.locator('.link-pill[data-link=up]').waitFor()
    expect(asked).toBe(before)
  })
})
