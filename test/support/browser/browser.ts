import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { type Browser, chromium, type Page } from 'playwright-core'
import { type Glass, seamsOf } from '../../../dashboard/core/wall/display-geometry.ts'

const executablePath = '/usr/bin/chromium'
const args = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** Why browser tests cannot run here; `undefined` when they can. On CI a missing browser is a failure, not a skip. */
export function browserMissing(): string | undefined {
  if (existsSync(executablePath)) return undefined
  const reason = `skipped: there is no browser at ${executablePath}`
  if (process.env.CI === 'true') throw new Error(reason)
  return reason
}

export function openBrowser(more: readonly string[] = []): Promise<Browser> {
  return chromium.launch({ executablePath, args: [...args, ...more] })
}

export interface WatchedPage {
  page: Page
  /** Everything the page complained of. */
  complaints: string[]
  /** Requests that left the server. */
  strays: string[]
}

/** Opens a page and listens to its console. */
export async function openPage(
  browser: Browser,
  url: string,
  options: { width?: number; height?: number; locale?: string; timezoneId?: string; reducedMotion?: 'reduce' } = {},
): Promise<WatchedPage> {
  const { width = 1920, height = 1080, locale = 'en-US', timezoneId = 'America/New_York', ...rest } = options
  const context = await browser.newContext({ viewport: { width, height }, locale, timezoneId, ...rest })
  const page = await context.newPage()
  const complaints: string[] = []
  const strays: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('request', (request) => {
    if (!request.url().startsWith(new URL(url).origin)) strays.push(request.url())
  })
  await page.goto(url)
  return { page, complaints, strays }
}

function newestMs(folder: string): number {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => !name.startsWith('dist'))
    .reduce((newest, name) => Math.max(newest, statSync(join(folder, name)).mtimeMs), 0)
}

/** The built dashboard's folder; built first when it is missing or older than its sources. */
export function builtDashboard(): string {
  const dist = join(process.cwd(), 'dashboard/dist')
  const index = join(dist, 'index.html')
  const sources = Math.max(...['dashboard', 'domain', 'contract'].map(newestMs))
  if (!existsSync(index) || statSync(index).mtimeMs < sources) {
    // Under vitest's own NODE_ENV the page would get React's development build.
    const env = { ...process.env, NODE_ENV: 'production' }
    execFileSync(process.execPath, ['node_modules/vite/bin/vite.js', 'build', 'dashboard', '--logLevel', 'warn'], {
      env,
    })
  }
  return dist
}

/** Parts whose text or content does not fit where they stand, each with its first words. */
export function cutOff(page: Page): Promise<string[]> {
  return page.evaluate(`[...document.querySelectorAll('.topline *, .wall-body *')]
    .filter((e) => !(e instanceof SVGElement) && e.closest('.hidden-text, .object-list, .map-host, .uplot') === null)
    .filter((e) => {
      const style = getComputedStyle(e)
      if (style.display === 'inline' || style.display === 'contents') return false
      const wide = e.scrollWidth > e.clientWidth + 1 && style.overflowX !== 'auto' && style.overflowX !== 'scroll'
      const clips = style.overflowY === 'visible' ? /strict|content|paint/.test(style.contain) : style.overflowY !== 'auto'
      // What does not fit in such a line is not there.
      const high = e.closest('.one-line, .tile .value') === null && e.scrollHeight > e.clientHeight + 3 && clips
      return (wide && e.clientWidth > 0 && style.overflowX !== 'visible') || high
    })
    .map((e) => e.tagName + '.' + e.className + ' "' + e.textContent.slice(0, 40) + '"')`)
}

/** Words that stand on other words. What floats over a panel on a ground of its own does not count. */
export function overlapping(page: Page): Promise<string[]> {
  return page.evaluate(`(() => {
    const words = []
    const walker = document.createTreeWalker(document.querySelector('.wall'), NodeFilter.SHOW_TEXT)
    const apart = '.hidden-text, .object-list, .simulation, .side-panel, .map-host, .band, .uplot, [hidden], [data-layout=phone] .alarm-line'
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
      const parent = node.parentElement
      if (node.data.trim() === '' || parent.closest(apart) !== null) continue
      if (!parent.checkVisibility({ visibilityProperty: true, opacityProperty: true })) continue
      const range = document.createRange()
      range.selectNodeContents(node)
      const clip = getComputedStyle(parent).overflowX === 'hidden' ? parent.getBoundingClientRect() : undefined
      // What does not fit in this line is not there.
      const end = parent.closest('.siaga-item, .one-line, .tile .value')?.getBoundingClientRect().bottom ?? Infinity
      for (const { left, right: far, top, bottom } of range.getClientRects()) {
        if (top >= end) continue
        const right = Math.min(far, clip?.right ?? far)
        // Glyphs do not fill the height of their line.
        const air = (bottom - top) * 0.2
        if (right - left > 2) words.push({ text: node.data, left, right, top: top + air, bottom: bottom - air })
      }
    }
    const found = []
    for (const [i, a] of words.entries())
      for (const b of words.slice(i + 1))
        if (a.left < b.right - 2 && b.left < a.right - 2 && a.top < b.bottom - 1 && b.top < a.bottom - 1)
          found.push(a.text.slice(0, 30) + ' / ' + b.text.slice(0, 30))
    return found
  })()`)
}

/** Words that stand where two monitors meet, or nearer to it than is allowed. */
export function acrossSeams(page: Page, glass: Glass): Promise<string[]> {
  const seams = seamsOf({ x: 0, y: 0, width: glass.width, height: glass.height }, glass)
  return page.evaluate(`(() => {
    const seams = ${JSON.stringify(seams)}
    const found = []
    const walker = document.createTreeWalker(document.querySelector('.wall'), NodeFilter.SHOW_TEXT)
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
      const parent = node.parentElement
      if (node.data.trim() === '' || parent.closest('.hidden-text, .object-list, .simulation') !== null) continue
      const range = document.createRange()
      range.selectNodeContents(node)
      const end = parent.closest('.one-line, .tile .value')?.getBoundingClientRect().bottom ?? Infinity
      for (const box of range.getClientRects()) {
        if (box.width === 0 || box.top >= end) continue
        // Glyphs do not fill the height of their line.
        const air = box.height * 0.12
        if (seams.some((s) => box.left < s.x + s.width && box.right > s.x && box.top + air < s.y + s.height && box.bottom - air > s.y))
          found.push(parent.className + ' "' + node.data.slice(0, 30) + '"')
      }
    }
    return found
  })()`)
}

/** Words that are smaller than 16 arc minutes on the monitor that they stand on. */
export function tooSmall(page: Page, { panes }: Glass): Promise<string[]> {
  return page.evaluate(`(() => {
    const panes = ${JSON.stringify(panes)}
    const found = []
    const walker = document.createTreeWalker(document.querySelector('.wall'), NodeFilter.SHOW_TEXT)
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
      const parent = node.parentElement
      if (node.data.trim() === '' || parent.closest('.hidden-text, .object-list, .simulation') !== null) continue
      const { left, top, width } = parent.getBoundingClientRect()
      if (width === 0) continue
      const pane = panes.find((p) => left >= p.x && left < p.x + p.width && top >= p.y && top < p.y + p.height)
      // 0.7 of the cap height, which is 0.727 of the font's size.
      const least = (0.7 * (pane?.u ?? 0)) / 0.727 - 0.5
      const px = Number.parseFloat(getComputedStyle(parent).fontSize)
      if (px < least) found.push(px.toFixed(1) + ' < ' + least.toFixed(1) + ' ' + parent.className + ' "' + node.data.slice(0, 30) + '"')
    }
    return found
  })()`)
}

/**
 * What can be pressed and is less than `minPx` wide or high, without the map's list for the keyboard. A box is hit by its
 * label too; one that fills its row from behind (`::after`) is as large as that row.
 */
export function smallTargets(page: Page, minPx: number): Promise<string[]> {
  return page.evaluate(`[...document.querySelectorAll('button, a[href], input, select, summary, [role=row][tabindex]')]
    .filter((e) => e.closest('.object-list') === null && e.checkVisibility())
    .map((e) => ({ e, box: (e.type === 'checkbox' ? (e.closest('label') ?? e) : e).getBoundingClientRect() }))
    .filter(({ e, box }) => getComputedStyle(e, '::after').position !== 'absolute' && Math.min(box.width, box.height) < ${minPx - 0.5})
    .map(({ e, box }) => e.tagName + '.' + e.className + ' ' + box.width.toFixed(0) + 'x' + box.height.toFixed(0) + ' "' + e.textContent.slice(0, 20) + '"')`)
}
