import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Page } from 'playwright-core'
import { startFaultProxy } from '../support/broker/fault-proxy.ts'
import { builtDashboard, openBrowser, openPage } from '../support/browser/browser.ts'
import { allPaintedMs, momentMs } from '../support/browser/page-facts.ts'
import { startWallBackend } from '../support/browser/wall-backend.ts'
import { createScriptedCity, type ScriptedCity, silentDevice } from '../support/city/scripted-city.ts'
import { type Figure, reportFigures } from './table.ts'

/**
 * `npm run bench:wall`: how the page keeps up with things that move, in headless Chromium without a GPU, on the same cores as
 * the backend that feeds it. Takes about four minutes.
 */

const siteDir = `${process.cwd()}/contract/site/binjai`
const settleMs = 12_000
const watchS = 15
const outageMs = 60_000
const ticksPerS = 100

/** CPU seconds of all processes of the browser so far (proc(5): utime and stime). */
function browserCpuS(): number {
  let ticks = 0
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      if (!readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('chromium')) continue
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
      ticks += Number(fields[11]) + Number(fields[12])
    } catch {
      // It has just ended.
    }
  }
  return ticks / ticksPerS
}

/** Seconds that the page's main thread has worked since it was asked first. */
async function watchMainThread(page: Page): Promise<() => Promise<number>> {
  const session = await page.context().newCDPSession(page)
  await session.send('Performance.enable')
  const worked = async () => {
    const { metrics } = await session.send('Performance.getMetrics')
    return metrics.find(({ name }) => name === 'TaskDuration')?.value ?? 0
  }
  const before = await worked()
  return async () => (await worked()) - before
}

/** How often the browser was ready to draw, and the worst gaps between. */
const watchFrames = `new Promise((resolve) => {
  const gaps = []
  let last = performance.now()
  const end = last + ${watchS * 1000}
  const step = (now) => {
    gaps.push(now - last)
    last = now
    if (now < end) requestAnimationFrame(step)
    else resolve({ fps: gaps.length / ${watchS}, p95: gaps.sort((a, b) => a - b)[Math.floor(gaps.length * 0.95)] })
  }
  requestAnimationFrame(step)
})`

/** A city of real devices: the watermark over the whole page is the demo's. */
function cityOf(devices: number): ScriptedCity {
  const city = createScriptedCity({ siteDir, nowMs: Date.now() })
  for (let n = city.devices.size; n < devices; n += 1) city.add(silentDevice(`bus-${n}`, 'trans-binjai-bus'))
  for (const id of city.devices.keys()) city.change(id, { simulated: false })
  city.advance(Date.now())
  return city
}

/** The first useful picture, in a browser that knows nothing of the page and in one that does. */
async function measureFirstPicture(devices: number): Promise<Figure[]> {
  const server = await startWallBackend({
    ...{ siteDir, distDir: builtDashboard(), signedIn: true },
    city: cityOf(devices),
  })
  const browser = await openBrowser()
  try {
    const { page } = await openPage(browser, `${server.url}/wall/ikhtisar`)
    const [coldMs, paintedMs] = [await momentMs(page, 'first-picture'), await allPaintedMs(page)]
    const snapshotMs = await momentMs(page, 'snapshot-received')
    await page.reload()
    const warmMs = await momentMs(page, 'first-picture')
    const of = `${devices} devices at 1920x1080`
    return [
      { what: `first picture, cold, ${of}`, reached: coldMs, unit: 'ms', asked: 3000, better: 'less' },
      { what: `first picture, warm, ${of}`, reached: warmMs, unit: 'ms', asked: 1000, better: 'less' },
      {
        what: `snapshot received to painted, ${of}`,
        reached: paintedMs - snapshotMs,
        unit: 'ms',
        asked: 1500,
        better: 'less',
      },
    ]
  } finally {
    await browser.close()
    await server.close()
  }
}

/** The network lets nothing through for a minute. */
async function measureOutage(): Promise<Figure> {
  const server = await startWallBackend({ siteDir, distDir: builtDashboard(), signedIn: true })
  const proxy = await startFaultProxy(Number(new URL(server.url).port))
  const browser = await openBrowser()
  try {
    const { page } = await openPage(browser, `http://127.0.0.1:${proxy.port}/wall/ikhtisar`)
    await page.locator('.link-pill[data-link=up]').waitFor()
    proxy.set({ frozen: true })
    await sleep(outageMs)
    proxy.set({})
    const returnedAt = Date.now()
    await page.locator('.link-pill[data-link=up]').waitFor()
    await page.locator('.object-list li[data-state=online]').first().waitFor({ state: 'attached' })
    const tookMs = Date.now() - returnedAt
    return { what: 'right again after an outage of 60 s', reached: tookMs, unit: 'ms', asked: 3000, better: 'less' }
  } finally {
    await browser.close()
    await proxy.close()
    await server.close()
  }
}

async function measure(buses: number, width: number, height: number): Promise<Figure[]> {
  const city = cityOf(buses)
  const server = await startWallBackend({ siteDir, distDir: builtDashboard(), signedIn: true, city })
  const browser = await openBrowser()
  try {
    const { page } = await openPage(browser, `${server.url}/wall/ikhtisar?e2e=1`, { width, height })
    await page.locator('.link-pill[data-link=up]').waitFor()
    await sleep(settleMs)
    const [cpu, busyS] = [browserCpuS(), await watchMainThread(page)]
    const paced = await page.evaluate<number>('globalThis.__bcc.frames()')
    const { fps, p95 } = await page.evaluate<{ fps: number; p95: number }>(watchFrames)
    const drawn = (await page.evaluate<number>('globalThis.__bcc.frames()')) - paced
    const [cores, main] = [(browserCpuS() - cpu) / watchS, await busyS()]
    const at = `${buses} devices at ${width}x${height}`
    return [
      {
        what: `frames the browser was ready for, ${at}`,
        reached: fps,
        unit: '/s',
        asked: width > 4000 ? 20 : 30,
        better: 'more',
      },
      { what: `gap between them, p95, ${at}`, reached: p95, unit: 'ms', asked: 50, better: 'less' },
      { what: `frames drawn (paced), ${at}`, reached: drawn / watchS, unit: '/s', better: 'more' },
      { what: `main thread busy, ${at}`, reached: (main / watchS) * 100, unit: '%', asked: 80, better: 'less' },
      { what: `browser, all processes, ${at}`, reached: cores, unit: 'cores', better: 'less' },
    ]
  } finally {
    await browser.close()
    await server.close()
  }
}

const figures: Figure[] = []
for (const [buses, width, height] of [
  [5000, 1920, 1080],
  [5000, 5760, 2160],
  [500, 1920, 1080],
] as const)
  figures.push(...(await measure(buses, width, height)))
for (const devices of [106, 500, 5000]) figures.push(...(await measureFirstPicture(devices)))
figures.push(await measureOutage())
reportFigures('artifacts/bench-wall.json', figures)
