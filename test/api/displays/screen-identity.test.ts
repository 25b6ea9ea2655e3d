import { io, type Socket } from 'socket.io-client'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createDisplayMonitor, frozenAfterMs } from '../../../api/displays/monitor.ts'
import type { Display, DisplayReport } from '../../../contract/http/displays.ts'
import { openTestRegistry, startCity } from '../city-under-test.ts'

const report: DisplayReport = {
  ...{ frames: 900, fps: 15, paintedAgoMs: 20, heapMb: 41.5, restarts: 0, build: '0.1.0', screen: '/wall/bus' },
  ...{ width: 5760, height: 2160 },
}
const record = { name: 'utama-1', createdAtMs: 0, seenAtMs: null }

function monitored() {
  const at = { ms: 1_000_000 }
  const doubles: string[] = []
  const monitor = createDisplayMonitor({ now: () => at.ms, onDouble: (name) => void doubles.push(name) })
  const look = () => {
    const [view] = monitor.views([record])
    return [view?.state, view?.connections]
  }
  /** Each of these lives and reports for so long. */
  function live(ms: number, reporting: readonly string[], answering: readonly string[] = reporting): void {
    for (let passed = 0; passed < ms; passed += 5000) {
      at.ms += 5000
      for (const one of answering) monitor.alive('utama-1', one)
      for (const one of reporting) monitor.reported('utama-1', one, report)
    }
  }
  return { at, doubles, monitor, look, live }
}

describe('a second connection with the identity of a screen', () => {
  test('does not make a screen that stands still look as if it drew', () => {
    const { monitor, look, live, doubles } = monitored()
    monitor.connected('utama-1', 'screen')
    monitor.connected('utama-1', 'thief')
    live(frozenAfterMs + 5000, ['thief'], ['screen', 'thief'])
    expect(look()).toEqual(['frozen', 2])
    expect(doubles).toEqual(['utama-1'])
  })

  test('does not speak for the screen when that has gone', () => {
    const { monitor, look, live } = monitored()
    monitor.connected('utama-1', 'screen')
    monitor.connected('utama-1', 'thief')
    live(20_000, ['screen', 'thief'])
    expect(look()).toEqual(['live', 2])
    monitor.disconnected('utama-1', 'screen')
    live(20_000, ['thief'])
    expect(look()).toEqual(['gone', 1])
    // The screen comes back, and speaks for itself again.
    monitor.connected('utama-1', 'screen again')
    expect(look()).toEqual(['live', 2])
  })

  test('is the screen itself where the first is only what a cut network left behind', () => {
    const { monitor, look, live, doubles } = monitored()
    monitor.connected('utama-1', 'before')
    live(20_000, ['before'])
    monitor.connected('utama-1', 'after')
    live(10_000, ['after'])
    monitor.disconnected('utama-1', 'before')
    live(20_000, ['after'])
    expect(look()).toEqual(['live', 1])
    expect(doubles).toEqual([])
  })

  test('changes nothing by a report that shows another picture', () => {
    const { monitor, live } = monitored()
    monitor.connected('utama-1', 'screen')
    monitor.connected('utama-1', 'thief')
    live(5000, ['screen'])
    monitor.reported('utama-1', 'thief', { ...report, screen: '/palsu' })
    monitor.reported('utama-1', 'nobody', { ...report, screen: '/palsu' })
    expect(monitor.view(record).report?.screen).toBe('/wall/bus')
  })
})

test('an identity that was renewed says when it ends', async () => {
  const at = { ms: Date.parse('2026-11-24T02:00:00Z') }
  const registry = await openTestRegistry({ now: () => at.ms })
  const { identity } = await registry.displays.create('utama-1')
  const next = (await registry.displayProof.renew(identity)) ?? ''
  expect((await registry.displayProof.find(identity, { touch: false }))?.expiresAtMs).toBe(at.ms + 60_000)
  expect((await registry.displayProof.find(next, { touch: false }))?.expiresAtMs).toBe(at.ms + 180 * 86_400_000)
})

describe('the live connection of a screen', () => {
  async function pairedCity() {
    const clock = { ms: Date.now() }
    const now = () => clock.ms
    const registry = await openTestRegistry({ now })
    const city = await startCity({ registry, now })
    const { identity } = await registry.displays.create('utama-1')
    const cookie = `bcc_display=${identity}`
    async function connect(): Promise<{ socket: Socket; ended: string[] }> {
      const options = { transports: ['websocket'], forceNew: true, reconnection: false, extraHeaders: { cookie } }
      const socket = io(`${city.url}/wall`, options)
      onTestFinished(() => void socket.close())
      const ended: string[] = []
      socket.on('disconnect', (reason) => ended.push(reason))
      await expect.poll(() => socket.connected).toBe(true)
      return { socket, ended }
    }
    const renew = (body?: object) =>
      city.call('/api/v1/displays/self/renewals', { method: 'POST', headers: { cookie }, ...(body && { body }) })
    return { city, clock, connect, renew, cookie }
  }

  test('goes on by the new identity where the screen names it; any other ends with the identity before', async () => {
    const { city, clock, connect, renew, cookie } = await pairedCity()
    const screen = await connect()
    const thief = await connect()
    expect((await renew({ connection: screen.socket.id })).status).toBe(204)
    clock.ms += 59_000
    expect((await city.call('/api/v1/state', { headers: { cookie } })).status).toBe(200)
    expect(thief.ended).toEqual([])
    clock.ms += 2000
    expect((await city.call('/api/v1/state', { headers: { cookie } })).status).toBe(401)
    await expect.poll(() => thief.ended, { timeout: 5000 }).toEqual(['io server disconnect'])
    expect(screen.ended).toEqual([])
  })

  test('is not moved by whoever holds another identity, and ends when the screen is put out', async () => {
    const { city, connect, renew } = await pairedCity()
    const screen = await connect()
    const { identity } = await city.registry.displays.create('utama-2')
    const headers = { cookie: `bcc_display=${identity}` }
    const body = { connection: screen.socket.id }
    await city.call('/api/v1/displays/self/renewals', { method: 'POST', headers, body })
    expect((await renew({ connection: 'x'.repeat(65) })).status).toBe(400)
    await city.registry.displays.remove('utama-2')
    // Those who may not be here any more are looked for every 2 s.
    let told = 0
    screen.socket.on('displays', () => {
      told += 1
    })
    await expect.poll(() => told, { timeout: 9000 }).toBeGreaterThan(2)
    expect(screen.ended).toEqual([])
    await city.registry.displays.remove('utama-1')
    await expect.poll(() => screen.ended, { timeout: 5000 }).toEqual(['io server disconnect'])
  })

  test('is told to all as one of two while there is another', async () => {
    const { city, connect } = await pairedCity()
    const { socket } = await connect()
    let told: Display[] = []
    socket.on('displays', (displays: Display[]) => {
      told = displays
    })
    await expect.poll(() => told[0]?.connections, { timeout: 5000 }).toBe(1)
    const other = await connect()
    await expect.poll(() => told[0]?.connections, { timeout: 5000 }).toBe(2)
    other.socket.close()
    await expect.poll(() => told[0]?.connections, { timeout: 5000 }).toBe(1)
    expect((await city.call('/api/v1/displays', { as: 'operator' })).json).toMatchObject({
      items: [{ connections: 1, state: 'live' }],
    })
  })
})
