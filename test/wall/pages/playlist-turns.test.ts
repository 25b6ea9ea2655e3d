import { describe, expect, test } from 'vitest'
import { viewIds } from '../../../contract/http/pages.ts'
import { parsePlaylist, showingAt } from '../../../dashboard/core/wall/playlist.ts'
import { browserMissing } from '../../support/browser/browser.ts'
import { openPageMemory } from '../../support/browser/page-memory.ts'
import { wallPages } from '../../support/browser/wall-pages.ts'

const missing = browserMissing()

/** The shortest that a slide may last. */
const slideMs = 5000

describe.skipIf(missing !== undefined)(`a playlist ${missing ?? ''}`, { timeout: 180_000 }, () => {
  const wall = wallPages()

  test('500 turns of a playlist: the right slide after each, and the memory as it was', async () => {
    const slides = parsePlaylist(viewIds.map((id) => `${id}:${slideMs / 1000}`).join(','))
    let stoppedAtMs: number | undefined
    const server = await wall.backend({ nowMs: () => stoppedAtMs ?? Date.now(), deltaMs: 10 })
    const { page, complaints, strays } = await wall.open(`${server.url}/icon.svg`)
    await page.clock.install()
    await page.goto(`${server.url}/wall/ikhtisar?rot=${slides.map(({ view, seconds }) => `${view}:${seconds}`)}`)
    await page.locator('.map-gl[data-ready="true"]').waitFor({ timeout: 60_000 })
    const memory = await openPageMemory(page)

    // From here on no time passes but what a turn takes: it ends in the middle of a slide.
    let nowMs = Math.ceil(Date.now() / slideMs + 1) * slideMs + slideMs / 2
    await page.clock.pauseAt(nowMs)
    stoppedAtMs = nowMs
    const shown = () => page.locator('.wall').getAttribute('data-view')
    const turn = async () => {
      nowMs += slideMs
      // Both clocks must jump between two messages: the page would take a server that is behind for one that was set back.
      server.hang(true)
      await page.clock.fastForward(slideMs)
      stoppedAtMs = nowMs
      const before = server.pipeline.received
      server.hang(false)
      await expect.poll(() => server.pipeline.received, { interval: 5 }).toBeGreaterThan(before)
      await expect.poll(shown, { interval: 5 }).toBe(showingAt(slides, nowMs)?.slide.view)
    }
    const turns = async (n: number) => {
      for (let done = 0; done < n; done++) await turn()
      return memory.held()
    }
    // Both are measured on the same slide; React lets go of a part of the slide before only when it draws again.
    const before = await turns(2 * slides.length)
    const after = await turns(500)
    expect(after.heapMb - before.heapMb).toBeLessThan(20)
    expect(after.nodes / before.nodes).toBeLessThan(1.5)
    expect(after.listeners / before.listeners).toBeLessThan(1.5)
    expect({ complaints, strays }).toEqual({ complaints: [], strays: [] })
  })
})
