import { once } from 'node:events'
import { expect, test } from 'vitest'
import { type Door, openDoor } from '../support/broker/door.ts'
import { journalOf, refusedAt, statusOf } from '../support/broker/door-facts.ts'
import { busTopic, openSocket, sendAll, signIn } from '../support/broker/raw-mqtt.ts'
import { connect, disconnect, field, hex, packet, publish } from './conformance/bytes.ts'

function links(door: Door, id: string): string[] {
  return journalOf(door)
    .filter(({ type, principal }) => type === 'link' && principal === id)
    .map(({ payload }) => JSON.parse(Buffer.from(payload).toString()).event)
}

async function device(door: Door, id: string) {
  const key = await door.register(id, 'trans-binjai-bus')
  const socket = await openSocket(door.port)
  expect(await signIn(socket, id, key)).toBe(0)
  return { id, key, socket }
}

test('a device that sends too fast is read slower, loses nothing, and is named; its neighbours do not wait', async () => {
  const door = await openDoor({ ingest: false, limits: { messagesPerS: 100, messageBurst: 50 } })
  const fast = await device(door, 'bus-1')
  const polite = await device(door, 'bus-2')
  const flood = sendAll(fast.socket, fast.id, 200, 1000)
  const waited = await sendAll(polite.socket, polite.id, 1)
  const took = await flood
  // 200 messages at 100 a second, of which 50 are free, and about 15 are read at once.
  expect(took).toBeGreaterThan(1200)
  expect(waited).toBeLessThan(took)
  const status = await statusOf(door)
  expect(status.refused['rate-limited']).toBeGreaterThan(0)
  expect(status.refusedClients).toContainEqual(expect.objectContaining({ reason: 'rate-limited', userName: 'bus-1' }))
  expect(journalOf(door).filter(({ principal, type }) => type === 'message' && principal === 'bus-1')).toHaveLength(200)
})

test('messages of QoS 0 that came too fast are kept although their sender has gone', async () => {
  const door = await openDoor({ ingest: false, limits: { messagesPerS: 200, messageBurst: 10 } })
  const { id, socket } = await device(door, 'bus-1')
  socket.end(Buffer.concat([...Array.from({ length: 300 }, () => publish(busTopic(id))), disconnect]))
  const kept = () => journalOf(door).filter(({ type }) => type === 'message').length
  await expect.poll(kept, { timeout: 10_000 }).toBe(300)
  await expect.poll(() => links(door, id).at(-1), { timeout: 5000 }).toBe('disconnected')
})

test('a device that sends too many bytes is read slower too, loses nothing, and its neighbours do not wait', async () => {
  const door = await openDoor({ ingest: false, limits: { bytesPerS: 100_000, byteBurst: 200_000 } })
  const large = await device(door, 'bus-1')
  const polite = await device(door, 'bus-2')
  const flood = sendAll(large.socket, large.id, 10, 40_000)
  const waited = await sendAll(polite.socket, polite.id, 1)
  const took = await flood
  // 400 KB at 100 KB a second, of which 200 KB are free, and what was read at once.
  expect(took).toBeGreaterThan(1200)
  expect(waited).toBeLessThan(took)
  expect((await refusedAt(door))['rate-limited']).toBeGreaterThan(0)
  expect(journalOf(door).filter(({ principal, type }) => type === 'message' && principal === 'bus-1')).toHaveLength(10)
})

test('a reconnect pays no debt: the pace belongs to the device', async () => {
  const door = await openDoor({ ingest: false, limits: { bytesPerS: 50_000, byteBurst: 50_000 } })
  const { id, key, socket } = await device(door, 'bus-1')
  await sendAll(socket, id, 3, 40_000)
  socket.destroy()
  const again = await openSocket(door.port)
  expect(await signIn(again, id, key)).toBe(0)
  expect(await sendAll(again, id, 3, 40_000)).toBeGreaterThan(1500)
})

test('two clients with one key take turns a few times a minute, the device is flagged, and a third party stays', async () => {
  const door = await openDoor({ ingest: false })
  const bystander = await door.connect('bus-2', await door.register('bus-2', 'trans-binjai-bus'), { clientId: 'x' })
  const key = await door.register('bus-1', 'trans-binjai-bus')
  const fighters = await Promise.all(
    ['one', 'two'].map((clientId) =>
      door.connect('bus-1', key, { clientId, reconnectPeriod: 20, reconnectOnConnackError: true }),
    ),
  )
  for (const fighter of fighters) fighter.on('error', () => undefined)
  await expect.poll(async () => (await refusedAt(door))['too-many-takeovers'], { timeout: 10_000 }).toBeGreaterThan(5)
  // What the broker counted is written a moment later.
  await expect.poll(() => links(door, 'bus-1')).toContain('duplicate')
  expect(links(door, 'bus-1').filter((event) => event === 'connected').length).toBeLessThanOrEqual(1 + 3)
  expect(links(door, 'bus-2')).toEqual(['connected'])
  expect(bystander.connected).toBe(true)
  expect((await statusOf(door)).connected).toBe(2)
})

test('idle connections make room for a device that says who it is', async () => {
  const door = await openDoor({ ingest: false, limits: { pendingConnections: 16 } })
  const key = await door.register('bus-1', 'trans-binjai-bus')
  await Promise.all(Array.from({ length: 200 }, () => openSocket(door.port)))
  const startedMs = performance.now()
  const socket = await openSocket(door.port)
  expect(await signIn(socket, 'bus-1', key)).toBe(0)
  expect(performance.now() - startedMs).toBeLessThan(4000)
  expect((await refusedAt(door))['too-many-pending']).toBeGreaterThanOrEqual(184)
})

test('an address has a number of connections; one that said nothing goes first', async () => {
  const door = await openDoor({ ingest: false, limits: { connectionsPerAddress: 3 } })
  const [first] = await Promise.all([device(door, 'bus-1'), device(door, 'bus-2')])
  const idle = await openSocket(door.port)
  const idleClosed = once(idle, 'close')
  await device(door, 'bus-3')
  await idleClosed
  const further = await openSocket(door.port)
  await once(further, 'close')
  expect(first.socket.destroyed).toBe(false)
  expect(await refusedAt(door)).toEqual({ 'too-many-connections': 2 })
})

test('wrong keys are answered late after a while; the right key and others behind the same address are not', async () => {
  const door = await openDoor({ ingest: false, limits: { failedLoginsPerMinute: 3 } })
  const key = await door.register('bus-1', 'trans-binjai-bus')
  const other = await door.register('bus-2', 'trans-binjai-bus')
  const wrong = async () => signIn(await openSocket(door.port), 'bus-1', 'wrong')
  expect(await Promise.all(Array.from({ length: 3 }, wrong))).toEqual([4, 4, 4])
  const guesses = Promise.all(Array.from({ length: 20 }, wrong))
  expect(await signIn(await openSocket(door.port), 'bus-1', key)).toBe(0)
  expect(await signIn(await openSocket(door.port), 'bus-2', other)).toBe(0)
  expect((await refusedAt(door))['login-throttled']).toBe(20)
  expect(new Set(await guesses)).toEqual(new Set([4]))
})

test('an MQTT 5 client is named with its client id', async () => {
  const door = await openDoor({ ingest: false })
  const socket = await openSocket(door.port)
  // MQTT 5 has properties, here none, before its client id.
  socket.write(packet(0x10, field('MQTT'), hex('05 02 00 3c 00'), field('cam5')))
  const [answer]: Buffer[] = await once(socket, 'data')
  expect(answer).toEqual(Buffer.from([0x20, 2, 0, 1]))
  const { refusedClients } = await statusOf(door)
  expect(refusedClients).toMatchObject([{ reason: 'mqtt-5', clientId: 'cam5', address: '127.0.0.1', count: 1 }])
})

test('who was refused is told with how often, the newest first, and the newest 200 at most', async () => {
  const door = await openDoor({ ingest: false, limits: { failedLoginsPerMinute: 1000 } })
  const wrong = async (userName: string) => signIn(await openSocket(door.port), userName, 'wrong')
  for (let n = 0; n < 205; n += 1) await wrong(`bus-${n}`)
  for (let n = 0; n < 3; n += 1) await wrong('bus-100')
  const { refusedClients, refused: totals } = await statusOf(door)
  expect(totals).toEqual({ 'bad-credentials': 208 })
  expect(refusedClients).toHaveLength(200)
  expect(refusedClients[0]).toMatchObject({ userName: 'bus-100', count: 4 })
  expect(refusedClients[1]).toMatchObject({ userName: 'bus-204', count: 1 })
  expect(refusedClients.at(-1)).toMatchObject({ userName: 'bus-5' })
})

test('text of strangers is made harmless before it is shown', async () => {
  const door = await openDoor({ ingest: false })
  const userName = `<b>é${'x'.repeat(100)}`
  expect(await signIn(await openSocket(door.port), userName, 'wrong')).toBe(4)
  const [client] = (await statusOf(door)).refusedClients
  expect(client?.userName).toMatch(/^<b>\?x{60}$/)
})

test('a keepalive that runs out ends the connection, with its reason', async () => {
  const door = await openDoor({ ingest: false })
  const key = await door.register('bus-1', 'trans-binjai-bus')
  const socket = await openSocket(door.port)
  const closed = once(socket.resume(), 'close')
  socket.write(connect({ clientId: 'x', userName: 'bus-1', password: key, keepalive: 1 }))
  await closed
  await expect.poll(() => links(door, 'bus-1').at(-1), { timeout: 5000 }).toBe('disconnected')
})

test.each([0, 600])('a keepalive of %i s counts as the longest that is allowed', async (keepalive) => {
  const door = await openDoor({ ingest: false, limits: { keepaliveS: 1 } })
  const key = await door.register('bus-1', 'trans-binjai-bus')
  const socket = await openSocket(door.port)
  const closed = once(socket.resume(), 'close')
  const startedMs = performance.now()
  socket.write(connect({ clientId: 'x', userName: 'bus-1', password: key, keepalive }))
  await closed
  // Half as long again, [MQTT-3.1.2-24], and not before.
  expect(performance.now() - startedMs).toBeGreaterThan(1400)
  await expect.poll(() => links(door, 'bus-1').at(-1), { timeout: 5000 }).toBe('disconnected')
})
