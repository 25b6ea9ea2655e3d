import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { changes, heard, startCity } from '../../api/city-under-test.ts'
import { browserMissing, builtDashboard, openBrowser } from '../../support/browser/browser.ts'

const missing = browserMissing()
let browser: Browser
beforeAll(async () => {
  if (missing === undefined) browser = await openBrowser()
}, 60_000)
afterAll(async () => {
  await browser?.close()
})

/** Whatever runs, runs this. */
const hit = 'ran=1'
const starts = [
  '',
  '"',
  "'",
  '">',
  "'>",
  '</td>',
  '</script>',
  '</style>',
  '</textarea>',
  '-->',
  '`',
  ']]>',
  '\\"',
  '{{',
  '${',
]
const bodies = [
  `<script>${hit}</script>`,
  `<img src=x onerror=${hit}>`,
  `<svg onload=${hit}>`,
  `<svg><script>${hit}</script>`,
  `<iframe src=javascript:${hit}>`,
  `<a href=javascript:${hit}>x</a>`,
  `<body onload=${hit}>`,
  `<details open ontoggle=${hit}>`,
  `<input autofocus onfocus=${hit}>`,
  `<math><mi xlink:href=javascript:${hit}>`,
  ` onmouseover=${hit} x=`,
  `javascript:${hit}`,
  `<ScRiPt>${hit}</sCrIpT>`,
  `<img/src=x/onerror=${hit}>`,
]
/** 210, each short enough for a name. */
const payloads = starts.flatMap((start) => bodies.map((body) => start + body))

/** A page that counts what ran, what the policy stopped and what it complained of. */
async function watch(page: Page) {
  const seen: string[] = []
  page.on('dialog', (dialog) => {
    seen.push(`dialog ${dialog.message()}`)
    void dialog.dismiss()
  })
  page.on('console', (message) => {
    if (message.type() === 'error') seen.push(message.text())
  })
  page.on('pageerror', (error) => seen.push(error.message))
  await page.exposeFunction('stopped', (what: string) => void seen.push(`stopped by the policy: ${what}`))
  await page.addInitScript({
    content: `document.addEventListener('securitypolicyviolation', (event) => {
      globalThis.stopped(event.violatedDirective + ' ' + event.sample)
    })`,
  })
  return seen
}

const ran = (page: Page) => page.evaluate<boolean>('globalThis.ran !== undefined')

/** Brings every row of a list that draws only what is in sight before the browser, and opens each row that can be. */
async function scrollThrough(page: Page, selector: string): Promise<void> {
  const list = JSON.stringify(selector)
  const end = await page.evaluate<number>(`document.querySelector(${list}).scrollHeight`)
  for (let top = 0; top <= end; top += 700) {
    await page.evaluate(`document.querySelector(${list}).scrollTo(0, ${top})`)
    await page.evaluate(`for (const row of document.querySelectorAll('details:not([open])')) row.open = true`)
    await page.evaluate('new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))')
  }
}

describe.skipIf(missing !== undefined)(`the pages ${missing ?? ''}`, () => {
  test(`run none of ${payloads.length} scripts that are hidden in what others wrote`, async () => {
    const city = await startCity({ dashboardDir: builtDashboard() })
    const { registry, outside, url } = city
    const { devices } = registry.as(`user:${payloads[0]}`)
    for (const [index, payload] of payloads.entries()) {
      expect(payload.length).toBeLessThanOrEqual(80)
      const id = `x-${index}`
      const place = { lat: 3.6 + index / 10_000, lon: 98.48 }
      await devices.create({ id, profile: 'river-gauge', name: payload, opd: payload, ...place })
      outside.quarantined.push({
        ...{ id: index + 1, atMs: Date.now(), topic: payload, deviceId: payload, reason: 'not-json' as const },
        ...{ detail: payload, readings: 1, payload: Buffer.from(payload), retriedAtMs: null },
      })
    }
    outside.connect(true)
    const said = payloads.map((payload, index) =>
      heard(`x-${index}`, { status: 'offline', statusReason: payload, metrics: { [payload]: 1, water_level_m: 1 } }),
    )
    outside.say(changes(...said))

    const context = await browser.newContext({ viewport: { width: 1600, height: 900 } })
    onTestFinished(() => context.close())
    const [name = '', value = ''] = (await city.cookieOf('admin')).split('=')
    await context.addCookies([{ name, value, url }])
    const page = await context.newPage()
    const seen = await watch(page)

    await page.goto(`${url}/`)
    await page.locator('.object-list li').first().waitFor({ state: 'attached' })
    for (const [path, rows] of [
      ['/konsol/perangkat', '.table-row'],
      ['/konsol/karantina', '.quarantine-row'],
      ['/konsol/audit', '.plain-table tbody tr'],
    ] as const) {
      await page.goto(url + path)
      await page.locator(rows).first().waitFor()
      await scrollThrough(page, '.table-body')
      expect(await ran(page), path).toBe(false)
    }
    await page.goto(`${url}/konsol/perangkat?${new URLSearchParams({ q: payloads[1] ?? '' })}`)
    await page.goto(`${url}/masuk?${new URLSearchParams({ next: `javascript:${hit}`, link: payloads[2] ?? '' })}`)
    await expect.poll(() => new URL(page.url()).pathname).toBe('/')
    expect(await ran(page)).toBe(false)
    expect(seen).toEqual([])
  }, 120_000)

  test('run a script that is there all the same neither: the policy stops it', async () => {
    const { url, cookieOf } = await startCity({ dashboardDir: builtDashboard() })
    const context = await browser.newContext()
    onTestFinished(() => context.close())
    const [name = '', value = ''] = (await cookieOf('admin')).split('=')
    await context.addCookies([{ name, value, url }])
    const page = await context.newPage()
    await page.goto(`${url}/konsol/perangkat`)
    await page.locator('h1').waitFor()
    const outcome = await page.evaluate<string>(`(() => {
      const host = document.createElement('div')
      document.body.append(host)
      try {
        host.innerHTML = ${JSON.stringify(bodies[1])}
        return 'set'
      } catch (error) {
        return error instanceof TypeError ? 'refused' : String(error)
      }
    })()`)
    expect(outcome).toBe('refused')
    expect(await ran(page)).toBe(false)
  }, 60_000)
})
