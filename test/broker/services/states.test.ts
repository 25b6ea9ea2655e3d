import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { followStates } from '../../../broker/services/states-link.ts'
import { createToldStates } from '../../../broker/services/told-states.ts'
import type { StateLine } from '../../../contract/feed.ts'
import { openDoor } from '../../support/broker/door.ts'
import { statusOf } from '../../support/broker/door-facts.ts'
import { busTopic } from '../../support/broker/raw-mqtt.ts'
import { openService, type TestService } from '../../support/broker/service.ts'
import { tempDir } from '../../support/system/temp-dir.ts'

const states = 'binjai/v1/+/+/state'
const patient = { timeout: 10_000 }
const lastOf = ({ heard }: TestService, id: string) => {
  const text = heard.findLast(({ topic }) => topic === busTopic(id, 'state'))?.text
  return text === undefined || text === '' ? text : JSON.parse(text)
}

test('the state of a device is told normalised, at most once a second, and the last one always comes', {
  timeout: 30_000,
}, async () => {
  const door = await openDoor()
  const bus = await door.connect('bus-07', await door.register('bus-07', 'trans-binjai-bus'))
  const service = await openService(door, [states])
  await service.subscribe(states)
  await expect.poll(() => lastOf(service, 'bus-07'), patient).toMatchObject({ state: 'unknown', reason: 'never-heard' })
  const before = service.heard.length
  const startMs = Date.now()
  for (let n = 1; n <= 30; n += 1) {
    bus.publish(busTopic('bus-07'), JSON.stringify({ kecepatan: 1, speed_kmh: n, lat: 3.6, lon: 98.48 }), { qos: 1 })
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  await expect.poll(() => lastOf(service, 'bus-07')?.metrics.speed_kmh, patient).toBe(30)
  const seconds = (Date.now() - startMs) / 1000
  const told = service.heard.slice(before)
  expect(told.length).toBeLessThanOrEqual(Math.ceil(seconds) + 1)
  expect(told.every(({ qos }) => qos === 1)).toBe(true)
  const { ts, measuredAt, ...rest } = lastOf(service, 'bus-07')
  expect(rest).toEqual({ state: 'online', lat: 3.6, lon: 98.48, metrics: { speed_kmh: 30, kecepatan: 1 } })
  expect(Math.abs(Date.parse(ts) - Date.parse(measuredAt))).toBeLessThan(3000)
})

test('who subscribes later gets the state as a retained message', patient, async () => {
  const door = await openDoor()
  await door.register('bus-07', 'trans-binjai-bus')
  const first = await openService(door, [states], 'satu')
  await first.subscribe(states)
  await expect.poll(() => first.heard.length, patient).toBeGreaterThan(0)
  const second = await openService(door, ['binjai/v1/bus/#'], 'dua')
  await second.subscribe('binjai/v1/bus/bus-07/#')
  await expect
    .poll(() => second.heard.map(({ topic, retain }) => [topic, retain]))
    .toEqual([[busTopic('bus-07', 'state'), true]])
  await expect.poll(async () => (await statusOf(door)).services.states, patient).toBe('current')
})

test('time alone changes a state, and it is told', { timeout: 30_000 }, async () => {
  const door = await openDoor()
  const bus = await door.connect('bus-07', await door.register('bus-07', 'trans-binjai-bus'))
  const service = await openService(door, [states])
  await service.subscribe(states)
  await bus.publishAsync(busTopic('bus-07'), '{"speed_kmh":1}', { qos: 1 })
  await expect.poll(() => lastOf(service, 'bus-07')?.state, patient).toBe('online')
  // 1.5 times its interval of 5 s.
  await expect
    .poll(() => lastOf(service, 'bus-07'), { timeout: 15_000 })
    .toMatchObject({ state: 'late', reason: 'no-data' })
  await expect.poll(() => service.heard.filter(({ text }) => text.includes('"late"')).length).toBe(1)
})

test('a device that is removed leaves an empty message, and a new one comes', { timeout: 30_000 }, async () => {
  const door = await openDoor()
  await door.register('bus-07', 'trans-binjai-bus')
  const service = await openService(door, [states])
  await service.subscribe(states)
  await expect.poll(() => lastOf(service, 'bus-07'), patient).toMatchObject({ state: 'unknown' })
  await door.registry.devices.remove('bus-07')
  await expect.poll(() => lastOf(service, 'bus-07'), patient).toBe('')
  await door.register('bus-08', 'trans-binjai-bus')
  await expect.poll(() => lastOf(service, 'bus-08'), patient).toMatchObject({ state: 'unknown', reason: 'never-heard' })
})

test('nobody who may not hear it gets a state', { timeout: 30_000 }, async () => {
  const door = await openDoor()
  for (const id of ['bus-07', 'bus-08']) await door.register(id, 'trans-binjai-bus')
  const all = await openService(door, [states], 'semua')
  const one = await openService(door, ['binjai/v1/bus/bus-08/state'], 'satu')
  expect(await one.subscribe([states, 'binjai/v1/bus/bus-08/state'])).toEqual([128, 1])
  await all.subscribe(states)
  await expect.poll(() => all.heard.length, patient).toBeGreaterThanOrEqual(2)
  await expect.poll(() => one.heard.length, patient).toBeGreaterThanOrEqual(1)
  expect(one.heard.every(({ topic }) => topic === busTopic('bus-08', 'state'))).toBe(true)
})

/** Ingest as a script: what it says, and when it is away. */
async function scriptedIngest() {
  const path = join(tempDir(), 'ingest.sock')
  const streams = new Set<ServerResponse>()
  const connections = { count: 0 }
  const server = createServer((_request, response) => {
    response.writeHead(200)
    response.flushHeaders()
    streams.add(response)
    connections.count += 1
    response.on('close', () => streams.delete(response))
  })
  server.listen(path)
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return {
    path,
    streams,
    connections,
    say: (...lines: StateLine[]) => {
      for (const stream of streams) for (const line of lines) stream.write(`${JSON.stringify(line)}\n`)
    },
    cut: () => server.closeAllConnections(),
  }
}

const bus = (id: string, state: 'online' | 'late' = 'online'): StateLine => ({
  ...{ type: 'state', kind: 'bus', id, atMs: Date.now() },
  told: { state, measuredAt: '2026-11-30T00:00:00.000Z', metrics: { speed_kmh: 1 } },
})
const whole = (...lines: StateLine[]): StateLine[] => [
  { type: 'clock', atMs: Date.now() },
  { type: 'begin' },
  ...lines,
  { type: 'end' },
]

async function openStates() {
  const ingest = await scriptedIngest()
  const changed: string[] = []
  const told = createToldStates({
    follow: (listener) => followStates(ingest.path, listener),
    changed: (device, isFirst) => changed.push(`${device}${isFirst ? ' first' : ''}`),
    current: () => undefined,
    now: Date.now,
  })
  onTestFinished(told.stop)
  const stateOf = (id: string) => {
    const payload = told.payloadOf(`bus/${id}`)?.toString()
    return payload === undefined || payload === '' ? payload : JSON.parse(payload)
  }
  told.want(true)
  await expect.poll(() => ingest.streams.size).toBe(1)
  return { ingest, told, changed, stateOf }
}

test('nothing is told before all devices were, and what is equal is not told again', async () => {
  const { ingest, told, changed, stateOf } = await openStates()
  ingest.say({ type: 'clock', atMs: Date.now() }, { type: 'begin' }, bus('bus-1'))
  await expect.poll(() => changed).toEqual(['bus/bus-1 first'])
  expect(told.mayTell()).toBe(false)
  ingest.say({ type: 'end' })
  await expect.poll(told.mayTell).toBe(true)
  expect(stateOf('bus-1')).toMatchObject({ state: 'online', metrics: { speed_kmh: 1 } })
  ingest.cut()
  await expect.poll(told.mayTell).toBe(false)
  await expect.poll(() => ingest.connections.count).toBe(2)
  ingest.say(...whole(bus('bus-1'), bus('bus-2')))
  await expect.poll(told.mayTell).toBe(true)
  expect(changed).toEqual(['bus/bus-1 first', 'bus/bus-2 first'])
})

test('while ingest is away for longer than 5 s every state is unknown, and afterwards what it was', {
  timeout: 20_000,
}, async () => {
  const { ingest, told, stateOf } = await openStates()
  ingest.say(...whole(bus('bus-1'), bus('bus-2')))
  await expect.poll(told.mayTell).toBe(true)
  // It runs, and does not come on in the journal.
  const awayMs = performance.now()
  const readUpToMs = Date.now()
  const alive = setInterval(() => ingest.say({ type: 'clock', atMs: readUpToMs }), 500)
  onTestFinished(() => clearInterval(alive))
  await expect.poll(() => stateOf('bus-1')?.state, { timeout: 8000 }).toBe('unknown')
  expect(performance.now() - awayMs).toBeGreaterThan(4500)
  expect(stateOf('bus-1')).toMatchObject({ reason: 'not-watched', metrics: {}, measuredAt: '2026-11-30T00:00:00.000Z' })
  expect(told.status()).toBe('away')
  // What it says of an old moment is not told as if it were so now.
  ingest.say(bus('bus-1', 'late'))
  await new Promise((resolve) => setTimeout(resolve, 100))
  expect(stateOf('bus-1')).toMatchObject({ state: 'unknown' })
  clearInterval(alive)
  ingest.say({ type: 'clock', atMs: Date.now() })
  await expect.poll(() => stateOf('bus-1')?.state, patient).toBe('late')
  expect(stateOf('bus-2')).toMatchObject({ state: 'online' })
  expect(told.status()).toBe('current')
})

test('what is gone when ingest comes back leaves an empty message', async () => {
  const { ingest, told, stateOf } = await openStates()
  ingest.say(...whole(bus('bus-1'), bus('bus-2')))
  await expect.poll(told.mayTell).toBe(true)
  ingest.cut()
  await expect.poll(told.mayTell).toBe(false)
  await expect.poll(() => ingest.connections.count).toBe(2)
  ingest.say(...whole(bus('bus-1')))
  await expect.poll(() => stateOf('bus-2')).toBe('')
  told.tidy(() => true)
  expect(told.size).toBe(2)
  told.tidy(() => false)
  expect(told.size).toBe(1)
})

test('when nobody wants them any more they are forgotten, and ingest is left alone', async () => {
  const { ingest, told } = await openStates()
  ingest.say(...whole(bus('bus-1')))
  await expect.poll(told.mayTell).toBe(true)
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
  told.want(false)
  vi.advanceTimersByTime(9000)
  expect(told.size).toBe(1)
  told.want(true)
  told.want(false)
  vi.advanceTimersByTime(10_001)
  vi.useRealTimers()
  expect([told.size, told.status()]).toEqual([0, 'off'])
  await expect.poll(() => ingest.streams.size).toBe(0)
})
