import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { browserMissing } from '../support/browser/browser.ts'
import { siteDir, wallPages } from '../support/browser/wall-pages.ts'
import { createScriptedCity, type ScriptedCity } from '../support/city/scripted-city.ts'

const missing = browserMissing()

interface Said {
  atMs: number
  role: string
  words: string
}

/** Listens as a screen reader does: to every change of a live region that is not hidden from it. */
function listen(page: Page): Promise<void> {
  return page.evaluate(`(() => {
    globalThis.__said = []
    const region = (node) => {
      const element = node instanceof Element ? node : node.parentElement
      if (element === null || element.closest('[aria-hidden=true]') !== null) return null
      return element.closest('[role=alert], [role=status], [role=log], [aria-live]:not([aria-live=off]), output')
    }
    const hear = (found) => {
      const words = found.textContent.trim()
      if (words !== '') globalThis.__said.push({ atMs: performance.now(), role: found.getAttribute('role') ?? 'live', words })
    }
    new MutationObserver((changes) => {
      const regions = new Set()
      for (const { target, addedNodes } of changes) {
        for (const node of [target, ...addedNodes]) {
          const found = region(node)
          if (found !== null) regions.add(found)
          if (node instanceof Element) for (const inner of node.querySelectorAll('[role=alert], [role=status]')) if (inner.closest('[aria-hidden=true]') === null && addedNodes.length > 0 && node !== target) regions.add(inner)
        }
      }
      for (const found of regions) hear(found)
    }).observe(document.body, { subtree: true, childList: true, characterData: true })
  })()`)
}

const said = (page: Page) => page.evaluate<Said[]>('globalThis.__said')

function lose(city: ScriptedCity, ids: readonly string[]): void {
  for (const id of ids) {
    city.silence.add(id)
    const since = new Date().toISOString()
    const link = { state: 'lost', since, reason: 'keepalive' } as const
    city.change(id, { state: 'offline', stateSince: since, stateReason: 'link-lost', link })
  }
}

describe.skipIf(missing !== undefined)(`what a screen reader hears ${missing ?? ''}`, { timeout: 60_000 }, () => {
  const wall = wallPages()

  test('200 devices change in 10 s: a summary of them, politely and at most once in 5 s, and no alert', async () => {
    const city = createScriptedCity({ siteDir, nowMs: Date.now(), scale: 2 })
    const ids = [...city.devices.keys()].slice(0, 200)
    const { page } = await wall.open((await wall.backend({ city })).url)
    await expect.poll(() => page.locator('.object-list li').count()).toBe(city.devices.size)
    await listen(page)
    for (let from = 0; from < ids.length; from += 10) {
      lose(city, ids.slice(from, from + 10))
      await page.waitForTimeout(500)
    }
    const told = () =>
      said(page).then((all) => all.map(({ words }) => Number(/(\d+) perangkat baru putus/.exec(words)?.[1] ?? 0)))
    // Everything is told in the end: no summary leaves out what the one before it had not yet said.
    await expect.poll(async () => (await told()).reduce((sum, n) => sum + n, 0), { timeout: 15_000 }).toBe(ids.length)
    const all = await said(page)
    expect(all.map(({ role }) => role)).not.toContain('alert')
    const gaps = all.slice(1).map(({ atMs }, i) => atMs - (all[i]?.atMs ?? 0))
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(4900)
  })

  test('the same words again are heard again', async () => {
    const city = createScriptedCity({ siteDir, nowMs: Date.now() })
    const ids = [...city.devices.keys()]
    const { page } = await wall.open((await wall.backend({ city })).url)
    await expect.poll(() => page.locator('.object-list li').count()).toBe(city.devices.size)
    await listen(page)
    const heard = () => said(page).then((all) => all.map(({ words }) => words))
    lose(city, ids.slice(0, 2))
    await expect.poll(heard).toEqual(['2 perangkat baru putus'])
    lose(city, ids.slice(2, 4))
    await expect.poll(heard, { timeout: 15_000 }).toEqual(['2 perangkat baru putus', '2 perangkat baru putus'])
  })

  test('a lost server is an alert, said once though its age counts on', async () => {
    const server = await wall.backend()
    const { page } = await wall.open(server.url)
    await page.locator('.link-pill[data-link=up]').waitFor()
    await listen(page)
    server.hang(true)
    await page.locator('[data-band=lost]').waitFor()
    await expect.poll(() => page.locator('[data-band=lost]').textContent()).toMatch(/\(6 dtk\)/)
    const all = await said(page)
    expect(all.map(({ role }) => role)).toEqual(['alert'])
    expect(all[0]?.words).toMatch(/^SAMBUNGAN PUTUS — gambar membeku sejak/)
  })
})
