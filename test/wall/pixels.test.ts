import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import type { DeviceView } from '../../contract/http/devices.ts'
import { browserMissing } from '../support/browser/browser.ts'
import { momentMs } from '../support/browser/page-facts.ts'
import { siteDir, wallPages } from '../support/browser/wall-pages.ts'
import { createScriptedCity, type ScriptedCity, seeded } from '../support/city/scripted-city.ts'

const missing = browserMissing()

interface Looked {
  id: string
  state: string
  found: number[]
}

/** What is on the canvas at the heart of each mark. Words of what is wrong may lie on a mark of what is well. */
const look = `[...document.querySelectorAll('.object-list li')].flatMap(({ dataset: { id, kind, state } }) => {
  const { x, y } = globalThis.__bcc.drawn(id)
  const on = ({ rect }) => x >= rect.x && x <= rect.x + rect.width && y >= rect.y && y <= rect.y + rect.height
  if (globalThis.__bcc.labels().some(on)) return []
  const pen = document.querySelector(kind === 'bus' ? '.map-movers' : '.map-objects').getContext('2d')
  return { id, state, found: [...pen.getImageData(Math.round(x), Math.round(y), 1, 1).data] }
})`

/** Red, green, blue and opacity of a colour of the page. */
function colour(page: Page, token: string): Promise<number[]> {
  return page.evaluate(`(() => {
    const pen = document.createElement('canvas').getContext('2d')
    pen.fillStyle = getComputedStyle(document.documentElement).getPropertyValue('${token}').trim()
    pen.fillRect(0, 0, 1, 1)
    return [...pen.getImageData(0, 0, 1, 1).data]
  })()`)
}

const tokens: Record<string, string> = {
  online: '--normal',
  late: '--normal',
  offline: '--p3',
  frozen: '--map-ground',
  stale: '--map-ground',
}
const columns = 10
/** Has no common divisor with the number of devices, so that each gets a cell of its own. */
const apart = 7
/** A thin cross is blurred at its rims, of 255; the colours of the states are 60 and more apart. */
const rimBlurs = 24

/** Spread over the city, so that no mark hides the heart of another. */
function spreadCity(): ScriptedCity {
  const city = createScriptedCity({ siteDir, nowMs: Date.now() })
  const random = seeded(50)
  const ids = [...city.devices.keys()]
  for (const [n, id] of ids.entries()) {
    city.silence.add(id)
    // Buses, which come first and have names beside them, lie apart.
    const cell = (n * apart) % ids.length
    const lat = 3.56 + 0.008 * Math.floor(cell / columns) + 0.002 * random()
    const lon = 98.44 + 0.01 * (cell % columns) + 0.002 * random()
    city.change(id, { lat, lon, ...(troubles[n % 5] ?? {}) })
  }
  return city
}

const troubles: readonly Partial<DeviceView>[] = [
  { state: 'offline', stateReason: 'link-lost', link: { state: 'lost', since: null, reason: 'keepalive' } },
  { state: 'frozen', stateReason: 'same-values', frozen: true },
]

describe.skipIf(missing !== undefined)(`the pixels of the map ${missing ?? ''}`, { timeout: 60_000 }, () => {
  const wall = wallPages()

  test('at the place that the page names for a device lies the colour of its state: 50 of them, at random', async () => {
    const server = await wall.backend({ city: spreadCity() })
    const { page } = await wall.open(`${server.url}/panel/ikhtisar/peta?e2e=1&u=26`)
    // Before it the ground may be drawn anew, and the marks only with the frame after that.
    await momentMs(page, 'first-picture')
    const random = seeded(2)
    const drawn = await page.evaluate<Looked[]>(look)
    const looked = drawn
      .map((one) => ({ one, rank: random() }))
      .sort((a, b) => a.rank - b.rank)
      .slice(0, 50)
    expect(new Set(looked.map(({ one }) => one.state)).size).toBeGreaterThanOrEqual(3)
    expect(looked.length).toBe(50)
    for (const { one } of looked) {
      const { id, state, found } = one
      const wanted = await colour(page, tokens[state] ?? '')
      const differs = Math.max(...wanted.map((channel, i) => Math.abs(channel - (found[i] ?? 0))))
      expect([id, state, differs < rimBlurs ? wanted : found]).toEqual([id, state, wanted])
    }
  })
})
