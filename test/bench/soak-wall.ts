import { parseArgs } from 'node:util'
import type { Page } from 'playwright-core'
import { viewIds } from '../../contract/http/pages.ts'
import { builtDashboard, openBrowser, openPage, type WatchedPage } from '../support/browser/browser.ts'
import { childrenRssMb, type HeldMemory, openPageMemory } from '../support/browser/page-memory.ts'
import { startWallBackend } from '../support/browser/wall-backend.ts'
import { letGoMs, lookAround, slideTimeout } from '../support/browser/wall-walk.ts'
import { createScriptedCity } from '../support/city/scripted-city.ts'
import { slope } from '../torture/process-use.ts'
import { type Figure, reportFigures } from './table.ts'

/**
 * `npm run soak:wall`: the messages of a working day of 8 hours in 20 minutes (`--minutes`), or twice that at most:
 * each delta waits until the page has applied the one before. The page goes through all screens by a playlist while
 * somebody opens and closes devices. Each time that the first screen is shown, the garbage is collected and what is left
 * is measured. Ends with status 1 when a bar is missed.
 *
 * Equivalent to 8 hours: the number of readings that reach the page, by real deltas over a real Socket.IO, so whatever
 * is kept for each message is kept as often. Not equivalent: time. The page's clock runs as always, so what happens once
 * a second, a minute or a frame happens as often as in 20 minutes, and a trail of ten minutes holds more fixes than
 * a day's would; a slide lasts 5 s and not 30, so there are as many turns as in two hours.
 * `--devices` (about 5,000): how large the city is; the number of readings stays. `--seed`: another day.
 */

const siteDir = `${process.cwd()}/contract/site/binjai`
const hours = 8
/** Devices of the smallest scripted city. */
const castSize = 108
/** 5,000 objects that report every 10 s: what the wall is built for. */
const perHour = (5000 / 10) * 3600
/** A device is due between two deltas, and waits for the next. */
const forWaiting = 1.35
const deltaMs = 25
const others = viewIds.filter((id) => id !== 'ikhtisar')
const rotation = others.map((id) => `ikhtisar:5,${id}:5`).join(',')
/** The first part of a run fills what has a limit: the code of all screens, trails, caches of the browser. */
const warmUpShare = 0.1
const minPoints = 20

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '20' },
    devices: { type: 'string', default: '5000' },
    seed: { type: 'string', default: '7' },
  },
})
const minutes = Number(values.minutes)
const scale = Math.max(1, Math.round(Number(values.devices) / castSize))

interface Point extends HeldMemory {
  atMin: number
  rssMb: number
  /** Readings that had left by then. */
  sent: number
  /** The page has them: what it shows is not a frozen picture. */
  live: boolean
}

const slide = (page: Page, screen: string) =>
  page.locator(`.wall[data-view=${screen}]`).waitFor({ timeout: slideTimeout })

/** From one look at the first screen, with its map drawn, to the next, over another screen. */
async function goOn(page: Page, turn: number): Promise<void> {
  const screen = others[turn % others.length] ?? 'bus'
  await slide(page, screen)
  await lookAround[screen](page)
  await slide(page, 'ikhtisar')
  if (turn % others.length === 0) await lookAround.ikhtisar(page)
  await page.locator('.wall[data-view=ikhtisar] .map-gl[data-ready="true"]').waitFor({ timeout: slideTimeout })
}

const range = (values: readonly number[]) => {
  const middle = (Math.max(...values) + Math.min(...values)) / 2
  return ((Math.max(...values) - middle) / middle) * 100
}

function figuresOf(points: readonly Point[], { complaints, strays }: WatchedPage): Figure[] {
  const settled = points.slice(Math.max(1, Math.ceil(points.length * warmUpShare)))
  const half = points.slice(Math.floor(points.length / 2))
  const [first, last] = [settled[0], settled.at(-1)]
  if (first === undefined || last === undefined) throw new Error('the run was too short to measure anything')
  const hoursOf = (a: Point, b: Point) => (b.sent - a.sent) / perHour
  const stepHours = hoursOf(half[0] ?? first, last) / Math.max(1, half.length - 1)
  return [
    {
      what: 'readings sent, in hours of this city',
      reached: last.sent / perHour,
      unit: 'h',
      asked: hours,
      better: 'more',
    },
    { what: 'readings sent', reached: last.sent, unit: '', better: 'more' },
    { what: 'points', reached: points.length, unit: '', better: 'more' },
    { what: 'points in the second half', reached: half.length, unit: '', asked: minPoints, better: 'more' },
    {
      what: 'heap after collection, growth',
      reached: last.heapMb - first.heapMb,
      unit: 'MB',
      asked: 50,
      better: 'less',
    },
    {
      what: 'heap after collection, slope in the second half',
      reached: slope(half.map(({ heapMb }) => heapMb)) / stepHours,
      unit: 'MB/h',
      asked: 2,
      better: 'less',
    },
    { what: 'heap after collection, at the end', reached: last.heapMb, unit: 'MB', better: 'less' },
    {
      what: 'DOM nodes, range ±',
      reached: range(settled.map(({ nodes }) => nodes)),
      unit: '%',
      asked: 2,
      better: 'less',
    },
    {
      what: 'listeners, range ±',
      reached: range(settled.map((one) => one.listeners)),
      unit: '%',
      asked: 1,
      better: 'less',
    },
    {
      what: 'RSS of the browser, growth',
      reached: last.rssMb - first.rssMb,
      unit: 'MB',
      asked: 150,
      better: 'less',
    },
    { what: 'RSS of the browser, at the end', reached: last.rssMb, unit: 'MB', better: 'less' },
    {
      what: 'points at which the page was not live',
      reached: points.filter(({ live }) => !live).length,
      unit: '',
      asked: 0,
      better: 'less',
    },
    { what: 'complaints in the console', reached: complaints.length, unit: '', asked: 0, better: 'less' },
    { what: 'requests that left the server', reached: strays.length, unit: '', asked: 0, better: 'less' },
  ]
}

const named = { siteDir, scale, seed: Number(values.seed), nowMs: Date.now() }
const ownPerHour = [...createScriptedCity(named).devices.values()].reduce((sum, one) => sum + 3600 / one.expectedS, 0)
const faster = ((hours * perHour) / ownPerHour / (minutes / 60)) * forWaiting
const city = createScriptedCity({ ...named, faster })
// A city of real devices: the watermark over the whole page is the demo's.
for (const id of city.devices.keys()) city.change(id, { simulated: false })
const server = await startWallBackend({
  siteDir,
  distDir: builtDashboard(),
  signedIn: true,
  city,
  deltaMs,
  paced: true,
})
const browser = await openBrowser()
try {
  const watched = await openPage(browser, `${server.url}/wall/ikhtisar?rot=${rotation}`)
  const { page } = watched
  await page.locator('.link-pill[data-link=up]').waitFor()
  const memory = await openPageMemory(page)
  const before = server.pipeline.received
  const beganMs = performance.now()
  const minute = () => (performance.now() - beganMs) / 60_000
  const points: Point[] = []
  console.log(`${city.devices.size} devices, each ${Math.round(faster)} times as often as it should, ${minutes} min`)
  const readings = () => server.pipeline.received - before
  // A page that takes less gets longer.
  const goesOn = () => minute() < minutes || (readings() < hours * perHour && minute() < 2 * minutes)
  for (let turn = 0; goesOn(); turn++) {
    await goOn(page, turn)
    // The playlist is held, or the next slide may come in between and its nodes be counted.
    await page.evaluate('document.activeElement?.blur()')
    await page.keyboard.press('Space')
    await page.waitForTimeout(letGoMs)
    const onFirst = (await page.locator('.wall[data-view=ikhtisar]').count()) === 1
    const sent = readings()
    const live = (await page.locator('.link-pill[data-link=up]').count()) === 1
    const point = { ...(await memory.held()), rssMb: childrenRssMb(), atMin: minute(), sent, live }
    await page.keyboard.press('Space')
    if (!onFirst) continue
    points.push(point)
    const { heapMb, nodes, listeners } = point
    const shown = [
      `${heapMb.toFixed(2)} MB heap`,
      `${nodes} nodes`,
      `${listeners} listeners`,
      `${Math.round(point.rssMb)} MB RSS`,
    ]
    console.log(
      `${point.atMin.toFixed(1)} min, ${(sent / perHour).toFixed(2)} h: ${shown.join(', ')}; ${watched.complaints.length} complaints`,
    )
  }
  const figures = figuresOf(points, watched)
  reportFigures('artifacts/soak-wall.json', figures)
  for (const one of [...watched.complaints, ...watched.strays].slice(0, 20)) console.log(one)
  if (
    figures.some(
      ({ reached, asked, better }) => asked !== undefined && (better === 'more' ? reached < asked : reached > asked),
    )
  )
    process.exitCode = 1
} finally {
  await browser.close()
  await server.close()
}
