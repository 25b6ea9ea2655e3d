import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createCityZone } from '../../../../dashboard/core/text/city-zone.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('takes the zone that the server says', async () => {
  const zone = createCityZone({ fetching: async () => Response.json({ timeZone: 'Asia/Jayapura' }) })
  expect([zone.time.get().zone, zone.asked.get()]).toEqual(['UTC', false])
  zone.ask()
  await vi.advanceTimersByTimeAsync(0)
  expect([zone.time.get().zone, zone.asked.get()]).toEqual(['Asia/Jayapura', true])
})

test.each([
  ['does not answer', () => Promise.reject(new Error('down'))],
  ['says nothing of it', async () => Response.json({ name: 'Kota' })],
  ['says one that this browser does not know', async () => Response.json({ timeZone: 'Asia/Atlantis' })],
  ['answers with a page', async () => new Response('<html>')],
])('shows UTC while the server %s, and asks again', async (_words, failing: () => Promise<Response>) => {
  const fetching = vi.fn(failing)
  const zone = createCityZone({ fetching })
  zone.ask()
  await vi.advanceTimersByTimeAsync(0)
  expect([zone.time.get().zone, zone.asked.get()]).toEqual(['UTC', true])
  fetching.mockImplementation(async () => Response.json({ timeZone: 'Asia/Makassar' }))
  await vi.advanceTimersByTimeAsync(5000)
  expect(zone.time.get().zone).toBe('Asia/Makassar')
})

test('a server that hangs does not keep the page dark', async () => {
  const zone = createCityZone({ fetching: () => new Promise(() => undefined) })
  zone.ask()
  await vi.advanceTimersByTimeAsync(1499)
  expect(zone.asked.get()).toBe(false)
  await vi.advanceTimersByTimeAsync(1)
  expect(zone.asked.get()).toBe(true)
})

test('another zone after a restart is taken', async () => {
  const answers = ['Asia/Jakarta', 'Asia/Jayapura']
  const zone = createCityZone({ fetching: async () => Response.json({ timeZone: answers.shift() }) })
  for (const expected of ['Asia/Jakarta', 'Asia/Jayapura']) {
    zone.ask()
    await vi.advanceTimersByTimeAsync(0)
    expect(zone.time.get().zone).toBe(expected)
  }
})
