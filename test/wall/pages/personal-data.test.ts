import { describe, expect, test } from 'vitest'
import { viewIds } from '../../../contract/http/pages.ts'
import { startCity } from '../../api/city-under-test.ts'
import { peopleAtWork, personalIn } from '../../api/people-at-work.ts'
import { browserMissing, builtDashboard } from '../../support/browser/browser.ts'
import { wallPages } from '../../support/browser/wall-pages.ts'

const missing = browserMissing()

describe.skipIf(missing !== undefined)(`people on the wall ${missing ?? ''}`, { timeout: 90_000 }, () => {
  const wall = wallPages()

  test('no name of a person is on any screen or panel, nor in anything that is sent to them', async () => {
    const city = await startCity({ dashboardDir: builtDashboard() })
    const [name = '', value = ''] = (await peopleAtWork(city)).split('=')
    const { page } = await wall.open(`${city.url}/healthz`)
    await page.context().addCookies([{ name, value, url: city.url }])
    const sent: string[] = []
    const bodies: Promise<void>[] = []
    page.on('response', (response) => {
      if (!response.url().includes('/api/')) return
      const note = (text: string) => void sent.push(`${new URL(response.url()).pathname} ${text}`)
      // Nobody reads the end of an answer whose page has gone on.
      bodies.push(response.text().then(note, () => undefined))
    })
    page.on('websocket', (socket) => socket.on('framereceived', ({ payload }) => sent.push(`stream ${payload}`)))
    const found: string[] = []
    const look = async (path: string) => {
      await page.goto(`${city.url}${path}`)
      await page.locator('.link-pill[data-link=up]').waitFor()
      // Asked again where a page that stood still on a busy machine starts itself afresh.
      const shown = await page.locator('html').innerHTML()
      found.push(...personalIn(shown).map((trace) => `${path} ${trace}`))
    }
    for (const screen of viewIds) {
      await look(`/wall/${screen}`)
      // An address that is none names those that there are.
      await look(`/panel/${screen}/semua`)
      await page.locator('.no-panel a').first().waitFor()
      for (const panel of await page.locator('.no-panel a').allTextContents()) await look(`/panel/${screen}/${panel}`)
    }
    await look('/wall/ikhtisar?focus=bus-01')
    await page.locator('.device[data-id=bus-01]').waitFor()
    await Promise.all(bodies)
    expect(sent.some((text) => text.startsWith('stream') && text.includes('snapshot'))).toBe(true)
    expect([
      ...found,
      ...sent.flatMap((text) => personalIn(text).map((trace) => `${text.split(' ', 1)[0]} ${trace}`)),
    ]).toEqual([])
  })
})
