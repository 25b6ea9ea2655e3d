import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { type Browser, chromium, type Page } from 'playwright-core'

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
  const sources = Math.max(newestMs('dashboard'), newestMs('contract'))
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
      const high = e.scrollHeight > e.clientHeight + 3 && style.overflowY !== 'visible' && style.overflowY !== 'auto'
      return (wide && e.clientWidth > 0 && style.overflowX !== 'visible') || high
    })
    .map((e) => e.tagName + '.' + e.className + ' "' + e.textContent.slice(0, 40) + '"')`)
}

/** Words that stand across a seam between monitors, or within 18 px of one. */
export function acrossSeams(page: Page, glass: { cols: number; rows: number }): Promise<string[]> {
  return page.evaluate(`(() => {
    const near = 18
    const seams = (n, length) => Array.from({ length: n - 1 }, (_, i) => (length * (i + 1)) / n)
    const xs = seams(${glass.cols}, innerWidth)
    const ys = seams(${glass.rows}, innerHeight)
    const found = []
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
      const parent = node.parentElement
      if (node.data.trim() === '' || parent.closest('.hidden-text, .object-list, .simulation, dialog, script, style') !== null) continue
      const range = document.createRange()
      range.selectNodeContents(node)
      for (const box of range.getClientRects()) {
        if (box.width === 0) continue
        if (xs.some((x) => box.left < x + near && box.right > x - near) || ys.some((y) => box.top < y + near && box.bottom > y - near))
          found.push(parent.className + ' "' + node.data.slice(0, 30) + '"')
      }
    }
    return found
  })()`)
}
