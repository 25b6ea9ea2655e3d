import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createPreferences } from '../../../../dashboard/core/text/preferences.ts'
import { createToldSite } from '../../../../dashboard/core/text/site-info.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('takes the zone that the server says', async () => {
  const site = createToldSite({ fetching: async () => Response.json({ timeZone: 'Asia/Jayapura' }) })
  expect([site.time.get().zone, site.asked.get()]).toEqual(['UTC', false])
  site.ask()
  await vi.advanceTimersByTimeAsync(0)
  expect([site.time.get().zone, site.asked.get()]).toEqual(['Asia/Jayapura', true])
})

test.each([
  ['does not answer', () => Promise.reject(new Error('down'))],
  ['says nothing of it', async () => Response.json({ name: 'Kota' })],
  ['says one that this browser does not know', async () => Response.json({ timeZone: 'Asia/Atlantis' })],
  ['answers with a page', async () => new Response('<html>')],
])('shows UTC while the server %s, and asks again', async (_words, failing: () => Promise<Response>) => {
  const fetching = vi.fn(failing)
  const site = createToldSite({ fetching })
  site.ask()
  await vi.advanceTimersByTimeAsync(0)
  expect([site.time.get().zone, site.asked.get()]).toEqual(['UTC', true])
  fetching.mockImplementation(async () => Response.json({ timeZone: 'Asia/Makassar' }))
  await vi.advanceTimersByTimeAsync(5000)
  expect(site.time.get().zone).toBe('Asia/Makassar')
})

test('a server that hangs does not keep the page dark', async () => {
  const site = createToldSite({ fetching: () => new Promise(() => undefined) })
  site.ask()
  await vi.advanceTimersByTimeAsync(1499)
  expect(site.asked.get()).toBe(false)
  await vi.advanceTimersByTimeAsync(1)
  expect(site.asked.get()).toBe(true)
})

test('another zone after a restart is taken', async () => {
  const answers = ['Asia/Jakarta', 'Asia/Jayapura']
  const site = createToldSite({ fetching: async () => Response.json({ timeZone: answers.shift() }) })
  for (const expected of ['Asia/Jakarta', 'Asia/Jayapura']) {
    site.ask()
    await vi.advanceTimersByTimeAsync(0)
    expect(site.time.get().zone).toBe(expected)
  }
})

test('takes the names that the server says, and says them where the page has words of its own', async () => {
  const answers = [{ brand: 'Pusat Kendali Teluk', busService: 'Trans Teluk' }, { brand: 'Pusat Kendali Teluk' }, {}]
  const site = createToldSite({
    fetching: async () => Response.json({ timeZone: 'Asia/Jayapura', ...answers.shift() }),
  })
  const memory = { getItem: () => null, setItem: () => undefined }
  const { translator } = createPreferences({
    ...{ search: new URLSearchParams(), memory, cityTime: site.time, names: site.names },
  })
  const said = () => {
    const text = translator.get()
    const bus = { kind: 'bus', label: { id: 'Bus kota', en: 'City bus' } } as const
    return [text.t('app.name'), text.t('view.bus'), text.profile(bus), text.profile({ ...bus, kind: 'cctv' })]
  }
  expect(said()).toEqual(['Command Center', 'Bus kota', 'Bus kota', 'Bus kota'])
  for (const expected of [
    ['Pusat Kendali Teluk', 'Trans Teluk', 'Bus Trans Teluk', 'Bus kota'],
    ['Pusat Kendali Teluk', 'Bus kota', 'Bus kota', 'Bus kota'],
    ['Command Center', 'Bus kota', 'Bus kota', 'Bus kota'],
  ]) {
    site.ask()
    await vi.advanceTimersByTimeAsync(0)
    expect(said()).toEqual(expected)
  }
  expect(translator.get().zone(0)).toBe('WIT')
})
