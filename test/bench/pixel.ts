import { setTimeout as sleep } from 'node:timers/promises'
import type { Browser, Page } from 'playwright-core'
import { builtDashboard, openBrowser, openPage } from '../support/browser/browser.ts'
import { type PixelProbe, probePixels } from '../support/browser/pixel-probe.ts'
import { registerBuses } from '../support/system/whole-system.ts'
import { runLoad } from './load.ts'
import { type BenchSystem, startBenchSystem } from './system.ts'
import { type Figure, quantiles, reportFigures } from './table.ts'

/**
 * `npm run bench:pixel`: from the publish of a reading to the frame of a real browser that drew it, while the whole
 * system takes 1,000 messages a second; everything on the same cores. Takes about three minutes.
 */

const rate = 1000
const readings = 320
const probeCount = 8
/** Readings leave every 1.4 s from each probe. */
const loadS = Math.ceil((readings / probeCount) * 1.4) + 15
const settleMs = 8000

async function openWall(browser: Browser, system: BenchSystem): Promise<Page> {
  const { page } = await openPage(
    browser,
    `http://127.0.0.1:${system.http}/masuk?next=${encodeURIComponent('/wall/ikhtisar?e2e=1')}`,
  )
  await page.fill('input[name=username]', 'admin')
  await page.fill('input[name=password]', system.password)
  await page.click('button[type=submit]')
  await page.locator('.link-pill[data-link=up]').waitFor()
  return page
}

async function measure(fleet: number): Promise<Figure[]> {
  let probes: Awaited<ReturnType<typeof registerBuses>> = []
  const ids = Array.from({ length: probeCount }, (_, n) => `probe-${n}`)
  const system = await startBenchSystem(fleet, async (dir) => {
    probes = await registerBuses(dir, ids)
  })
  const browser = await openBrowser()
  try {
    const page = await openWall(browser, system)
    let seen: PixelProbe | undefined
    let probing: Promise<void> = Promise.resolve()
    const order = { devices: system.devices, rate, seconds: loadS, window: 1000, warmUpS: 2 }
    const load = await runLoad(system, order, async () => {
      probing = sleep(settleMs)
        .then(() => probePixels({ page, mqttPort: system.mqtt, probes, readings }))
        .then((outcome) => {
          seen = outcome
        })
    })
    await probing
    if (seen === undefined) throw new Error('nothing was probed')
    return figuresOf(seen, load.ackedPerS, `${fleet.toLocaleString('en')} devices at ${rate}/s`)
  } finally {
    await browser.close()
    await system.stop()
  }
}

function figuresOf({ painted, missed }: PixelProbe, ackedPerS: number, at: string): Figure[] {
  const { p50, p95, p99 } = quantiles(painted.map(({ tookMs }) => tookMs))
  const bare = painted.filter(({ inked }) => !inked).length
  return [
    { what: `publish to painted p50, ${at}`, reached: p50, unit: 'ms', better: 'less' },
    { what: `publish to painted p95, ${at}`, reached: p95, unit: 'ms', asked: 1000, better: 'less' },
    { what: `publish to painted p99, ${at}`, reached: p99, unit: 'ms', asked: 2000, better: 'less' },
    { what: `readings timed, ${at}`, reached: painted.length, unit: '', asked: 300, better: 'more' },
    { what: `readings never drawn, ${at}`, reached: missed, unit: '', asked: 0, better: 'less' },
    { what: `marks without ink where they were said to be, ${at}`, reached: bare, unit: '', asked: 0, better: 'less' },
    { what: `messages acknowledged meanwhile, ${at}`, reached: ackedPerS, unit: '/s', better: 'more' },
  ]
}

builtDashboard()
const figures: Figure[] = []
for (const fleet of [1000, 5000]) figures.push(...(await measure(fleet)))
reportFigures('artifacts/bench-pixel.json', figures)
