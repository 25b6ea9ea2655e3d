import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { browserMissing, builtDashboard } from '../../support/browser/browser.ts'
import { momentMs } from '../../support/browser/page-facts.ts'
import { wallPages } from '../../support/browser/wall-pages.ts'

const missing = browserMissing()
const kB = 1000

/** Bytes of a file of the built page, as gzip packs it. */
const packedBytes = (path: string) => gzipSync(readFileSync(join(builtDashboard(), path))).length

describe.skipIf(missing !== undefined)(`the size of the page ${missing ?? ''}`, () => {
  const wall = wallPages()

  test('code for the first picture: 150 kB, 600 kB with the map library', async () => {
    const server = await wall.backend()
    const { page } = await wall.open('about:blank')
    const scripts = new Set<string>()
    page.on('request', (request) => {
      const { pathname } = new URL(request.url())
      if (pathname.endsWith('.js')) scripts.add(pathname)
    })
    await page.goto(`${server.url}/wall/ikhtisar`)
    await momentMs(page, 'first-picture')
    const first = [...scripts]
    await page.locator('.map-gl[data-ready="true"]').waitFor()
    const isMapLibrary = (path: string) => /\/(basemap-gl|maplibre)/.test(path)
    const sum = (paths: readonly string[]) => paths.reduce((bytes, path) => bytes + packedBytes(path), 0)
    const library = [...scripts].filter(isMapLibrary)
    const own = first.filter((path) => !isMapLibrary(path))
    expect(library.length).toBe(2)
    expect(own.length).toBeGreaterThan(0)
    expect(sum(own)).toBeLessThanOrEqual(150 * kB)
    expect(sum([...own, ...library])).toBeLessThanOrEqual(600 * kB)
  })
})
