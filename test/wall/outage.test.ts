import { describe, expect, onTestFinished, test } from 'vitest'
import type { Device } from '../../contract/http/devices.ts'
import { startFaultProxy } from '../support/broker/fault-proxy.ts'
import { browserMissing } from '../support/browser/browser.ts'
import { listedStates } from '../support/browser/page-facts.ts'
import { wallPages } from '../support/browser/wall-pages.ts'
import { isoAt } from '../support/city/device-view.ts'
import { silentDevice } from '../support/city/scripted-city.ts'

const missing = browserMissing()

describe.skipIf(missing !== undefined)(`an outage ${missing ?? ''}`, { timeout: 60_000 }, () => {
  const wall = wallPages()

  test('a connection that died without a word is noticed within 3 s, and replaced within 3 more', async () => {
    const server = await wall.backend()
    const proxy = await startFaultProxy(Number(new URL(server.url).port))
    onTestFinished(() => proxy.close())
    const { page } = await wall.open(`http://127.0.0.1:${proxy.port}/wall/ikhtisar`)
    await page.locator('.link-pill[data-link=up]').waitFor()
    proxy.strand()
    const strandedAt = Date.now()
    await page.locator('[data-band=restored]').waitFor()
    expect(Date.now() - strandedAt).toBeLessThan(6000)
    expect(await page.locator('.object-list li[data-state=online]').count()).toBeGreaterThan(80)
  })

  test('after a long one the page is right within 3 s of the return, without being loaded again', async () => {
    const server = await wall.backend()
    const proxy = await startFaultProxy(Number(new URL(server.url).port))
    onTestFinished(() => proxy.close())
    const { page } = await wall.open(`http://127.0.0.1:${proxy.port}/wall/ikhtisar`)
    await page.locator('.link-pill[data-link=up]').waitFor()
    await page.evaluate('globalThis.__same = true')

    proxy.set({ frozen: true })
    await page.locator('[data-band=lost]').waitFor()
    server.city.remove('cctv-05')
    server.city.add(silentDevice('cctv-99', 'ip-camera', { lat: 3.6, lon: 98.48 }))
    server.city.silence.add('cctv-06')
    const link = { state: 'lost', since: isoAt(Date.now()), reason: 'keepalive' } as const
    server.city.change('cctv-06', { state: 'offline', stateReason: 'link-lost', stateSince: link.since, link })
    // Given up the old connection (4 s), then tried often enough to have come to the longest wait between two tries.
    await page.waitForTimeout(11_000)

    proxy.set({})
    const returnedAt = Date.now()
    const states = async () => {
      const answer = await fetch(`${server.url}/api/v1/devices`)
      // Our own backend, in the shape of the contract.
      const { items } = (await answer.json()) as { items: Device[] }
      return Object.fromEntries(items.map(({ id, state }) => [id, state]))
    }
    await expect
      .poll(async () => JSON.stringify(sorted(await listedStates(page))) === JSON.stringify(sorted(await states())), {
        interval: 50,
      })
      .toBe(true)
    expect(Date.now() - returnedAt).toBeLessThan(3000)
    expect(await page.locator('[data-band=lost]').count()).toBe(0)
    expect((await listedStates(page))['cctv-06']).toBe('offline')
    expect(await page.evaluate('globalThis.__same')).toBe(true)
  })
})

function sorted(states: Record<string, string>): [string, string][] {
  return Object.entries(states).sort(([a], [b]) => a.localeCompare(b))
}
