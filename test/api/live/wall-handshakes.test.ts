import { EventEmitter } from 'node:events'
import { io } from 'socket.io-client'
import { expect, onTestFinished, test } from 'vitest'
import { setClient } from '../../../api/http/client.ts'
import { createHandshakeLimiter, maxHandshakesOfNetwork } from '../../../api/live/handshake-limiter.ts'
import { startCity } from '../city-under-test.ts'

/** Shakes hands by long polling, and says who it is never. */
async function shakeHands(url: string): Promise<string> {
  const text = await (await fetch(`${url}/socket.io/?EIO=4&transport=polling`)).text()
  return /"sid":"([^"]+)"/.exec(text)?.[1] ?? ''
}

test('of those who shook hands and say nothing there are only so many, and a screen comes in past them', async () => {
  const city = await startCity()
  const polled = async (sid: string) =>
    (await fetch(`${city.url}/socket.io/?EIO=4&transport=polling&sid=${sid}`, { method: 'POST', body: '3' })).status
  const first = await shakeHands(city.url)
  for (let n = 1; n < maxHandshakesOfNetwork; n += 1) await shakeHands(city.url)
  expect(await polled(first)).toBe(200)
  const last = await shakeHands(city.url)
  expect(await polled(first)).toBe(400)
  expect(await polled(last)).toBe(200)
  const options = { extraHeaders: { cookie: await city.cookieOf('wall') }, reconnection: false, forceNew: true }
  const screen = io(`${city.url}/wall`, options)
  onTestFinished(() => void screen.disconnect())
  await expect.poll(() => screen.connected).toBe(true)
  for (let n = 0; n < maxHandshakesOfNetwork + 20; n += 1) await shakeHands(city.url)
  expect(screen.connected).toBe(true)
  const metrics = await (await fetch(`${city.url}/metrics`)).text()
  expect(Number(/reason="handshakes"[^}]*\} (\d+)/.exec(metrics)?.[1])).toBeGreaterThan(0)
})

class Guest extends EventEmitter {
  request = {} as Parameters<typeof setClient>[0] // nothing is read of it but what the door says
  closed = false
  constructor(address: string) {
    super()
    const nothing = () => undefined
    setClient(this.request, { address, secure: false, host: undefined, settle: nothing, handOver: nothing })
  }
  close() {
    this.closed = true
    this.emit('close')
  }
}

test('where all are too many, the network that has most loses its oldest', () => {
  const counted = { refused: 0 }
  const limiter = createHandshakeLimiter({ refused: () => (counted.refused += 1), most: 5, maxOfNetwork: 4 })
  const come = (address: string) => {
    const guest = new Guest(address)
    limiter.began(guest)
    return guest
  }
  const alone = come('192.0.2.1')
  const crowd = Array.from({ length: 4 }, (_, n) => come(`2001:db8::${n + 1}`))
  const late = come('192.0.2.3')
  expect([alone, ...crowd, late].map(({ closed }) => closed)).toEqual([false, true, false, false, false, false])
  for (const guest of crowd) guest.close()
  limiter.admitted(late)
  for (let n = 0; n < 4; n += 1) come('192.0.2.4')
  expect({ ...counted, alone: alone.closed, late: late.closed }).toEqual({ refused: 1, alone: false, late: false })
})
