import { io, type Socket } from 'socket.io-client'
import { expect, onTestFinished, test } from 'vitest'
import { createConnectionCount } from '../../../api/live/connection-count.ts'
import { startCity } from '../city-under-test.ts'

test('somebody has 2,000 live connections, one more is refused, and nobody else is', () => {
  const count = createConnectionCount()
  const enter = (times: number) => Array.from({ length: times }, () => count.enter('user:siti')).filter(Boolean).length
  expect(enter(2000)).toBe(2000)
  expect(enter(100)).toBe(0)
  expect(count.enter('display:utama-1')).toBe(true)
  count.leave('user:siti')
  expect(enter(2)).toBe(1)
})

test('a live connection past the bound is ended, and its place is free when another goes', async () => {
  const city = await startCity({ maxConnectionsOfActor: 3 })
  async function connect(role: 'operator' | 'admin'): Promise<{ socket: Socket; got: string[] }> {
    const extraHeaders = { cookie: await city.cookieOf(role) }
    const options = { transports: ['websocket'], forceNew: true, reconnection: false, extraHeaders }
    const socket = io(`${city.url}/wall`, options)
    onTestFinished(() => void socket.close())
    const got: string[] = []
    for (const event of ['snapshot', 'disconnect'] as const) socket.on(event, () => got.push(event))
    await expect.poll(() => got.length, { timeout: 5000 }).toBeGreaterThan(0)
    return { socket, got }
  }
  const first = await connect('operator')
  const three = [first, await connect('operator'), await connect('operator')]
  expect((await connect('operator')).got).toEqual(['disconnect'])
  expect((await connect('admin')).got).toEqual(['snapshot'])
  for (const { got } of three) expect(got).toEqual(['snapshot'])
  first.socket.close()
  await expect.poll(async () => (await connect('operator')).got, { timeout: 5000 }).toEqual(['snapshot'])
})
