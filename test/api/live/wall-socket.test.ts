import { io, type Socket } from 'socket.io-client'
import { describe, expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import type { Delta, ServerToWall, Snapshot, WallToServer } from '../../../contract/live.ts'
import type { Role } from '../../../contract/roles.ts'
import { changes, heard, ingestCounters, ingestStatus, startCity } from '../city-under-test.ts'

type Wall = Socket<ServerToWall, WallToServer>
type City = Awaited<ReturnType<typeof startCity>>

/** A city with these devices, registered and known to the api. */
async function cityWith(...ids: string[]): Promise<City> {
  const city = await startCity()
  for (const id of ids) {
    const profile = id.startsWith('bus') ? 'trans-binjai-bus' : 'river-gauge'
    await city.registry.devices.create({ id, profile, lat: 3.6, lon: 98.5 })
  }
  const last = ids.at(-1)
  if (last !== undefined) {
    await expect.poll(async () => (await city.call(`/api/v1/devices/${last}`, { as: 'admin' })).status).toBe(200)
  }
  return city
}

interface ScreenOptions {
  as?: Role
  cookie?: string
  origin?: string
  transports?: string[]
}

/** A screen that keeps what it is sent. It acknowledges frames only when `acks` is given. */
async function openScreen(
  city: City,
  { as = 'wall', ...options }: ScreenOptions = {},
  acks?: (ack: () => void) => void,
) {
  const cookie = options.cookie ?? (await city.cookieOf(as))
  const extraHeaders = { cookie, ...(options.origin !== undefined && { origin: options.origin }) }
  const transports = options.transports ?? ['websocket']
  const socket: Wall = io(`${city.url}/wall`, { transports, extraHeaders, reconnection: false, forceNew: true })
  onTestFinished(() => void socket.disconnect())
  const snapshots: Snapshot[] = []
  const deltas: Delta[] = []
  const errors: string[] = []
  socket.on('snapshot', (frame) => snapshots.push(frame))
  if (acks === undefined) socket.on('delta', (frame) => deltas.push(frame))
  else {
    socket.on('delta', (frame, ack) => {
      deltas.push(frame)
      if (ack !== undefined) acks(ack)
    })
  }
  socket.on('connect_error', (error) => errors.push(error.message))
  return { socket, snapshots, deltas, errors }
}

const level = (metres: number) => ({ metrics: { water_level_m: metres } })
const levels = (deltas: Delta[]) =>
  deltas.flatMap((delta) => delta.changes.flatMap(({ metrics }) => metrics?.water_level_m ?? []))

describe('a screen', () => {
  test.each([['websocket'], ['polling']])('gets a snapshot, then only what changed, over %s', async (transport) => {
    const city = await cityWith('r-1', 'r-2')
    city.outside.say(changes(heard('r-1')))
    const { snapshots, deltas } = await openScreen(city, { transports: [transport] })
    await expect.poll(() => snapshots.length).toBe(1)
    expect(snapshots[0]).toMatchObject({
      devices: [
        { id: 'r-1', state: 'online' },
        { id: 'r-2', state: 'unknown' },
      ],
    })
    // The first frame may still bring what was registered a moment ago, with the whole of it.
    city.outside.say(changes(heard('r-2', level(2))))
    await expect.poll(() => levels(deltas)).toContain(2)
    city.outside.say(changes(heard('r-2', level(3))))
    await expect.poll(() => levels(deltas)).toContain(3)
    expect(deltas.flatMap((delta) => delta.changes)).toContainEqual(
      expect.objectContaining({ id: 'r-2', state: 'online' }),
    )
    const change = deltas.flatMap((delta) => delta.changes).find(({ metrics }) => metrics?.water_level_m === 3)
    expect(change).not.toHaveProperty('name')
  })

  test('gets the newest value of many within 250 ms, once', async () => {
    const city = await cityWith('r-1')
    const { snapshots, deltas } = await openScreen(city)
    await expect.poll(() => snapshots.length).toBe(1)
    const before = deltas.length
    for (let n = 1; n <= 500; n++) city.outside.say(changes(heard('r-1', level(n / 100))))
    await expect.poll(() => levels(deltas)).toContain(5)
    expect(deltas.length - before).toBeLessThanOrEqual(2)
  })

  test('numbers grow by one, also from the snapshot that resync gives', async () => {
    const city = await cityWith('r-1')
    const { socket, snapshots, deltas } = await openScreen(city)
    await expect.poll(() => snapshots.length).toBe(1)
    for (let n = 1; n <= 6; n++) {
      city.outside.say(changes(heard('r-1', level(n))))
      await expect.poll(() => levels(deltas)).toContain(n)
    }
    const numbers = deltas.map(({ seq }) => seq)
    expect(numbers).toEqual(numbers.map((_, index) => (snapshots[0]?.seq ?? 0) + 1 + index))
    socket.emit('resync')
    socket.emit('resync')
    // Asked twice at once: the second answer comes a second after the first.
    await expect.poll(() => snapshots.length, { timeout: 4000 }).toBe(3)
    expect(snapshots[1]?.devices).toMatchObject([{ id: 'r-1', metrics: { water_level_m: 6 } }])
    city.outside.say(changes(heard('r-1', level(7))))
    await expect.poll(() => levels(deltas)).toContain(7)
    expect(deltas.at(-1)?.seq).toBe((snapshots.at(-1)?.seq ?? 0) + 1)
  })

  test('is told what was registered and what was removed', async () => {
    const city = await cityWith('r-1')
    const { snapshots, deltas } = await openScreen(city)
    await expect.poll(() => snapshots.length).toBe(1)
    await city.call('/api/v1/devices', { as: 'admin', method: 'POST', body: { id: 'r-2', profile: 'river-gauge' } })
    await city.call('/api/v1/devices/r-1', { as: 'admin', method: 'DELETE' })
    await expect.poll(() => deltas.flatMap(({ removed = [] }) => removed)).toEqual(['r-1'])
    expect(deltas.flatMap((delta) => delta.changes)).toContainEqual(
      expect.objectContaining({ id: 'r-2', name: 'r-2', profile: 'river-gauge', state: 'unknown', metrics: {} }),
    )
  })

  test('hears the heart beat each second and the pipeline every two', async () => {
    const city = await cityWith('r-1')
    city.outside.connect(true)
    city.outside.say(ingestStatus)
    city.outside.say(ingestCounters)
    const { socket } = await openScreen(city)
    const beats: number[] = []
    socket.on('heartbeat', ({ at, build }) => {
      expect(build).toContain('0.1.0')
      beats.push(Date.parse(at))
    })
    const pipelines: unknown[] = []
    socket.on('pipeline', (pipeline) => pipelines.push(pipeline))
    await expect.poll(() => beats.length, { timeout: 6000 }).toBeGreaterThanOrEqual(3)
    expect(((beats[2] ?? 0) - (beats[0] ?? 0)) / 2).toBeGreaterThan(800)
    expect(pipelines[0]).toMatchObject({ received: 10, ingest: { up: true } })
  })

  test('tells in its beat when the newest canary had left that came all the way', async () => {
    const city = await cityWith('r-1')
    city.outside.connect(true)
    const { socket } = await openScreen(city)
    const told: (string | null)[] = []
    socket.on('heartbeat', ({ canaryAt }) => told.push(canaryAt))
    await expect.poll(() => told.length, { timeout: 3000 }).toBeGreaterThan(0)
    expect(told.at(-1)).toBeNull()
    const atMs = Date.now() - 1500
    city.outside.say({ type: 'canary', atMs })
    await expect.poll(() => told.at(-1), { timeout: 3000 }).toBe(new Date(atMs).toISOString())
    expect((await city.call('/metrics')).text).toMatch(/bcc_canary_age_seconds [1-4]\./)
  })

  test('shows a silent device as old without a word from ingest', async () => {
    const city = await cityWith('r-1')
    const old = Date.now() - 3_600_000
    city.outside.say(changes(heard('r-1', { measuredAtMs: old, receivedAtMs: old })))
    const { snapshots } = await openScreen(city)
    await expect.poll(() => snapshots[0]?.devices).toMatchObject([{ state: expect.stringMatching(/stale|offline/) }])
  })
})

describe('watching a part', () => {
  test('by kind: only that, also in the deltas', async () => {
    const city = await cityWith('bus-1', 'r-1')
    const { socket, snapshots, deltas } = await openScreen(city)
    await expect.poll(() => snapshots.length).toBe(1)
    socket.emit('watch', { kinds: ['bus'] })
    await expect.poll(() => snapshots.length, { timeout: 3000 }).toBe(2)
    expect(snapshots[1]?.devices.map(({ id }) => id)).toEqual(['bus-1'])
    const before = deltas.length
    city.outside.say(changes(heard('r-1', level(9)), heard('bus-1', { metrics: { speed_kmh: 30 } })))
    await expect.poll(() => deltas.length).toBeGreaterThan(before)
    const seen = deltas.slice(before).flatMap((delta) => delta.changes.map(({ id }) => id))
    expect(new Set(seen)).toEqual(new Set(['bus-1']))
  })

  test('by box: who comes in is told whole, who leaves is told as removed', async () => {
    const city = await cityWith('bus-1')
    const { socket, snapshots, deltas } = await openScreen(city)
    await expect.poll(() => snapshots.length).toBe(1)
    socket.emit('watch', { bbox: [98.4, 3.5, 98.55, 3.7] })
    await expect.poll(() => snapshots.length, { timeout: 3000 }).toBe(2)
    const at = (lon: number) => heard('bus-1', { lat: 3.6, lon, positionAtMs: Date.now() })
    city.outside.say(changes(at(98.9)))
    await expect.poll(() => deltas.flatMap(({ removed = [] }) => removed)).toEqual(['bus-1'])
    city.outside.say(changes(at(98.5)))
    await expect
      .poll(() => deltas.at(-1)?.changes[0])
      .toMatchObject({ id: 'bus-1', name: 'bus-1', profile: 'trans-binjai-bus', lon: 98.5 })
  })

  test.each([
    ['nonsense', 'bus'],
    ['an unknown kind', { kinds: ['boat'] }],
    ['a box of three', { bbox: [1, 2, 3] }],
    ['a further key', { kinds: ['bus'], $where: 1 }],
    ['nothing', null],
  ])('%s is ignored', async (_what, request) => {
    const city = await cityWith('bus-1', 'r-1')
    const { socket, snapshots } = await openScreen(city)
    await expect.poll(() => snapshots.length).toBe(1)
    // What a hostile client sends has no type.
    socket.emit('watch', request as never)
    socket.emit('resync')
    await expect.poll(() => snapshots.length, { timeout: 3000 }).toBe(2)
    expect(snapshots[1]?.devices).toHaveLength(2)
  })
})

describe('a slow screen', () => {
  test('that acknowledges owes two frames at most, then gets the newest in one', async () => {
    const city = await cityWith('r-1', 'r-2')
    const owed: (() => void)[] = []
    const busy = { holding: false as boolean }
    const { snapshots, deltas } = await openScreen(city, {}, (ack) => (busy.holding ? owed.push(ack) : ack()))
    const quick = await openScreen(city, {}, (ack) => ack())
    await expect.poll(() => snapshots.length + quick.snapshots.length).toBe(2)
    city.outside.say(changes(heard('r-1', level(1))))
    await expect.poll(() => levels(deltas)).toEqual([1])
    busy.holding = true
    for (let n = 2; n <= 8; n++) {
      city.outside.say(changes(heard('r-1', level(n)), heard('r-2', level(n))))
      await expect.poll(() => levels(quick.deltas)).toContain(n)
    }
    expect(owed).toHaveLength(2)
    expect(levels(deltas)).not.toContain(8)
    const before = deltas.length
    busy.holding = false
    for (const ack of owed) ack()
    await expect.poll(() => levels(deltas.slice(before))).toEqual([8, 8])
    expect(deltas.map(({ seq }) => seq)).toEqual(deltas.map((_, index) => (snapshots[0]?.seq ?? 0) + 1 + index))
  })

  test('that never acknowledges gets every frame', async () => {
    const city = await cityWith('r-1')
    const { snapshots, deltas } = await openScreen(city)
    await expect.poll(() => snapshots.length).toBe(1)
    for (let n = 1; n <= 10; n++) {
      city.outside.say(changes(heard('r-1', level(n))))
      await expect.poll(() => levels(deltas)).toContain(n)
    }
    expect(levels(deltas)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
  })

  test('that stops reading is cut off, and the others hear nothing of it', async () => {
    const ids = Array.from({ length: 40 }, (_, n) => `r-${n + 10}`)
    const city = await cityWith(...ids)
    const other = await openScreen(city)
    const stuck = new WebSocket(`${city.url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`, {
      headers: { cookie: await city.cookieOf('wall') },
    })
    onTestFinished(() => stuck.terminate())
    await new Promise((resolve) => stuck.once('message', resolve))
    stuck.send('40/wall,')
    await new Promise((resolve) => stuck.on('message', (text) => String(text).includes('"snapshot"') && resolve(text)))
    stuck.pause()
    const bulky = Object.fromEntries(Array.from({ length: 500 }, (_, n) => [`a_rather_long_metric_name_${n}`, n]))
    const cut = async () => /^bcc_screens_cut_total 1$/m.test((await city.call('/metrics')).text)
    let turn = 0
    await expect
      .poll(
        async () => {
          turn += 1
          city.outside.say(changes(...ids.map((id) => heard(id, { metrics: { ...bulky, water_level_m: turn } }))))
          return cut()
        },
        { timeout: 15_000, interval: 250 },
      )
      .toBe(true)
    await expect.poll(() => levels(other.deltas)).toContain(turn)
    expect(other.socket.connected).toBe(true)
  })
})

describe('the door', () => {
  test('is closed without a session, and says so', async () => {
    const city = await cityWith()
    for (const cookie of ['', 'bcc_session=nonsense', `bcc_session=${'A'.repeat(43)}`]) {
      const { errors } = await openScreen(city, { cookie })
      await expect.poll(() => errors).toEqual(['not-signed-in'])
    }
    const { errors } = await openScreen(city, { as: 'opd' })
    await expect.poll(() => errors).toEqual(['not-allowed'])
  })

  test.each(['http://evil.example', 'null', 'https://127.0.0.1.evil.example'])(
    'is closed for a page of %s',
    async (origin) => {
      const city = await cityWith()
      for (const transport of ['websocket', 'polling']) {
        const { errors, socket } = await openScreen(city, { origin, transports: [transport] })
        await expect.poll(() => errors.length).toBe(1)
        expect(socket.connected).toBe(false)
      }
    },
  )

  test('is open for our own page', async () => {
    const city = await cityWith()
    const { snapshots } = await openScreen(city, { origin: city.url })
    await expect.poll(() => snapshots.length).toBe(1)
  })

  test('leads nowhere but to the wall', async () => {
    const city = await cityWith()
    const extraHeaders = { cookie: await city.cookieOf('admin') }
    const socket = io(city.url, { transports: ['websocket'], extraHeaders, reconnection: false, forceNew: true })
    onTestFinished(() => void socket.disconnect())
    await expect(new Promise((_, reject) => socket.on('connect_error', reject))).rejects.toThrow(/use \/wall/)
  })

  test('closes behind a screen whose session has ended', async () => {
    const city = await cityWith()
    const cookie = await city.cookieOf('wall')
    const { socket, snapshots } = await openScreen(city, { cookie })
    await expect.poll(() => snapshots.length).toBe(1)
    await city.call('/api/v1/session', { method: 'DELETE', headers: { cookie } })
    await expect.poll(() => socket.connected, { timeout: 7000 }).toBe(false)
  })

  test('a message that is too large ends the connection, not the server', async () => {
    const city = await cityWith()
    const { socket, snapshots } = await openScreen(city)
    await expect.poll(() => snapshots.length).toBe(1)
    // What a hostile client sends has no type.
    socket.emit('watch', { kinds: 'x'.repeat(20_000) } as never)
    await expect.poll(() => socket.connected).toBe(false)
    expect((await city.call('/healthz')).status).toBe(200)
  })
})
