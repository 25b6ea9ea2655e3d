import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { io } from 'socket.io-client'
import { expect, onTestFinished, test } from 'vitest'
import { liveDocument } from '../../../api/live/asyncapi.ts'
import { wallEvents } from '../../../api/live/events.ts'
import { liveSchemas, watchAnswerSchema } from '../../../contract/live-schemas.ts'
import { changes, heard, ingestCounters, ingestStatus, startCity } from '../city-under-test.ts'

const bus = (id: string, lon: number, more: object = {}) =>
  heard(id, { lat: 3.6, lon, positionAtMs: Date.now(), metrics: { speed_kmh: 30 }, ...more })

async function cityWithBuses() {
  const city = await startCity()
  for (const id of ['bus-1', 'bus-2', 'r-1']) {
    const profile = id.startsWith('bus') ? 'trans-binjai-bus' : 'river-gauge'
    await city.registry.devices.create({ id, profile, lat: 3.6, lon: 98.5 })
  }
  await expect.poll(async () => (await city.call('/api/v1/devices/r-1', { as: 'admin' })).status).toBe(200)
  const { token } = await city.registry.tokens.create({ name: 'hearer', role: 'auditor' })
  return { ...city, token }
}

function connect({ url, token }: { url: string; token: string }) {
  const socket = io(`${url}/wall`, { transports: ['websocket'], auth: { token }, reconnection: false, forceNew: true })
  onTestFinished(() => void socket.disconnect())
  return socket
}

test('docs/live.asyncapi.yaml is what the schemas say: node api/live/asyncapi.ts > docs/live.asyncapi.yaml', () => {
  expect(readFileSync('docs/live.asyncapi.yaml', 'utf8')).toBe(liveDocument())
})

test('the page names every event', () => {
  const page = readFileSync('docs/live.md', 'utf8')
  expect(Object.keys(wallEvents).filter((name) => !page.includes(`\`${name}\``))).toEqual([])
})

test('what the server sends is what is documented, to the last key', async () => {
  const city = await cityWithBuses()
  city.outside.say(ingestStatus)
  city.outside.say(ingestCounters)
  const socket = connect(city)
  const frames: [string, unknown][] = []
  socket.onAny((name: string, frame: unknown) => frames.push([name, frame]))
  const manual = { atMs: Date.now(), role: 'operator' as const, metrics: { water_level_m: 2 } }
  await expect.poll(() => frames.map(([name]) => name)).toContain('snapshot')
  city.outside.say(changes(bus('bus-1', 98.5), heard('r-1', { manual })))
  await city.registry.devices.remove('bus-2')
  const command = { as: 'operator', method: 'POST', body: { name: 'ping' } } as const
  expect((await city.call('/api/v1/devices/bus-1/commands', command)).status).toBe(202)
  const sent = Object.entries(wallEvents).flatMap(([name, { from }]) => (from === 'server' ? [name] : []))
  const isSent = ([name]: [string, unknown]) => sent.includes(name)
  await expect.poll(() => [...new Set(frames.map(([name]) => name))].sort(), { timeout: 5000 }).toEqual(sent.sort())
  await expect.poll(() => JSON.stringify(frames), { timeout: 5000 }).toContain('"removed":["bus-2"]')
  expect(JSON.stringify(frames)).toContain('"manual":{"at"')
  for (const [name, frame] of frames.filter(isSent)) {
    // A schema leaves out what it does not know: then it is another frame.
    expect(liveSchemas[name as keyof typeof liveSchemas].parse(frame), name).toEqual(frame)
  }
})

test.each([
  [{ kinds: ['boat'] }, 'kinds.0'],
  [{ bbox: [1, 2, 3] }, 'bbox'],
  [{ bbox: [98.6, 3.5, 98.4, 3.7] }, 'bbox'],
  [{ bbox: [98.4, 3.7, 98.6, 3.5] }, 'bbox'],
  [{ bbox: [98.4, 3.5, 980, 3.7] }, 'bbox.2'],
  [{ kind: ['bus'] }, ''],
  ['bus', ''],
  [null, ''],
])('a wrong watch %j is answered with what is wrong, and changes nothing', async (request, path) => {
  const city = await cityWithBuses()
  const socket = connect(city)
  const snapshots: { devices: unknown[] }[] = []
  socket.on('snapshot', (frame) => snapshots.push(frame))
  await expect.poll(() => snapshots.length).toBe(1)
  const answer: unknown = await socket.timeout(5000).emitWithAck('watch', request)
  expect(watchAnswerSchema.parse(answer)).toEqual(answer)
  expect(answer).toMatchObject({ status: 400, type: expect.stringContaining('bad-request'), errors: [{ path }] })
  expect(JSON.stringify(answer).length).toBeLessThan(4000)
  socket.emit('resync')
  await expect.poll(() => snapshots.length, { timeout: 3000 }).toBe(2)
  expect(snapshots[1]?.devices).toHaveLength(3)
})

test('a right watch is answered, and both words of it are kept: kind and box, in snapshot and deltas', async () => {
  const city = await cityWithBuses()
  city.outside.say(changes(bus('bus-1', 98.5), bus('bus-2', 98.9)))
  const socket = connect(city)
  const snapshots: { devices: { id: string }[] }[] = []
  const told: string[] = []
  socket.on('snapshot', (frame) => snapshots.push(frame))
  socket.on('delta', ({ changes: list, removed = [] }) => {
    told.push(...list.map(({ id }: { id: string }) => id), ...removed.map((id: string) => `-${id}`))
  })
  await expect.poll(() => snapshots.length).toBe(1)
  const wanted = { kinds: ['bus'], bbox: [98.4, 3.5, 98.6, 3.7] }
  expect(await socket.timeout(5000).emitWithAck('watch', wanted)).toEqual({ ok: true })
  await expect.poll(() => snapshots.length, { timeout: 3000 }).toBe(2)
  expect(snapshots[1]?.devices.map(({ id }) => id)).toEqual(['bus-1'])
  told.length = 0
  city.outside.say(changes(heard('r-1'), bus('bus-1', 98.7), bus('bus-2', 98.55)))
  await expect.poll(() => [...told].sort()).toEqual(['-bus-1', 'bus-2'])
  expect(await socket.timeout(5000).emitWithAck('watch', {})).toEqual({ ok: true })
  await expect.poll(() => snapshots.at(-1)?.devices.length, { timeout: 3000 }).toBe(3)
})

test('who asks without end is answered at its pace, and nobody else notices', async () => {
  const city = await cityWithBuses()
  const socket = connect(city)
  await new Promise<void>((resolve) => socket.on('connect', resolve))
  let answers = 0
  for (let n = 0; n < 2000; n += 1) socket.emit('watch', { ['x'.repeat(5000)]: n }, () => (answers += 1))
  const other = connect(city)
  const frame = await new Promise<{ devices: unknown[] }>((resolve) => other.on('snapshot', resolve))
  expect(frame.devices).toHaveLength(3)
  await expect.poll(() => answers, { timeout: 5000 }).toBeGreaterThanOrEqual(20)
  expect(answers).toBeLessThan(60)
})

test('the example client hears a bus, with a token, in twenty lines', async () => {
  const city = await cityWithBuses()
  const path = 'docs/examples/live-client.mjs'
  const lines = readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('//'))
  expect(lines.length).toBeLessThanOrEqual(20)
  const client = spawn(process.execPath, [path], { env: { ...process.env, BCC_URL: city.url, BCC_TOKEN: city.token } })
  onTestFinished(() => void client.kill())
  let said = ''
  for (const stream of [client.stdout, client.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk.toString()))
  await expect.poll(() => said, { timeout: 10_000 }).toContain('{ ok: true }')
  // Its snapshot is on its way; a delta comes behind it.
  let n = 0
  const sayMore = () => {
    n += 1
    city.outside.say(changes(bus('bus-1', 98.5, { metrics: { speed_kmh: 30 + n } }), heard('r-1')))
    return said
  }
  await expect.poll(sayMore, { timeout: 10_000, interval: 300 }).toMatch(/bus-1 online \{ speed_kmh: 3\d \}/)
  expect(said).not.toContain('r-1')
})
