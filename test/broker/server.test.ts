import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import mqtt from 'mqtt'
import { generate } from 'mqtt-packet'
import { expect, onTestFinished, test } from 'vitest'
import WebSocket from 'ws'
import { connectBroker } from '../../api/links/broker-link.ts'
import type { LinkChange } from '../../contract/ports/journal.ts'
import { openSegmentReader } from '../../storage/journal/segment-reader.ts'
import { type Door, openDoor } from '../support/broker/door.ts'
import { openSocket, signIn } from '../support/broker/raw-mqtt.ts'

const bus = 'binjai/v1/bus/bus-07'

/** What stands in the journal, as the broker wrote it. */
function journal({ dir }: Door) {
  const reader = openSegmentReader(`${dir}/journal`)
  try {
    return reader.read(0, 1e8).flatMap(({ entries }) => entries ?? [])
  } finally {
    reader.close()
  }
}

function links(door: Door): (LinkChange & { principal: string })[] {
  return journal(door)
    .filter(({ type }) => type === 'link')
    .map(({ principal, payload }) => ({ principal, ...JSON.parse(payload.toString()) }))
}

function refused(door: Door) {
  return connectBroker(door.socketPath)
    .status()
    .then((status) => status?.refused)
}

test('a wrong key, an unknown device and no credentials are refused', async () => {
  const door = await openDoor({ ingest: false })
  await door.register('bus-07', 'trans-binjai-bus')
  await expect(door.connect('bus-07', 'wrong')).rejects.toThrow(/Bad username or password/)
  await expect(door.connect('bus-99', 'wrong')).rejects.toThrow(/Bad username or password/)
  const url = `mqtt://127.0.0.1:${door.port}`
  await expect(mqtt.connectAsync(url, { reconnectPeriod: 0 })).rejects.toThrow(/Bad username or password/)
  expect(await refused(door)).toEqual({ 'bad-credentials': 3 })
})

test.each([
  ['127.0.0.1', false],
  ['127.0.0.5', false],
  ['0.0.0.0', true],
])('at %s it says of plain MQTT that strangers can reach it: %s', async (host, open) => {
  const { socketPath } = await openDoor({ ingest: false, host })
  expect(await connectBroker(socketPath).status()).toMatchObject({ open })
})

test('a message counts as one in the journal, whatever it holds, and goes into it as it came', async () => {
  const door = await openDoor({ ingest: false })
  const client = await door.connect('bus-07', await door.register('bus-07', 'trans-binjai-bus'))
  const payloads = ['[{"speed_kmh":1},{"speed_kmh":2}]', '{"speed_kmh":1}', '[[[', '', `[${'1,'.repeat(2000)}1]`]
  for (const payload of payloads) await client.publishAsync(`${bus}/telemetry`, payload, { qos: 1 })
  const messages = journal(door).filter(({ type }) => type === 'message')
  expect(messages.map(({ readings, payload }) => [readings, Buffer.from(payload).toString()])).toEqual(
    payloads.map((payload) => [1, payload]),
  )
})

test.each([
  ['another device', 'binjai/v1/bus/bus-08/telemetry', 'foreign-topic'],
  ['a device whose id begins with its own', 'binjai/v1/bus/bus-070/telemetry', 'foreign-topic'],
  ['another kind', 'binjai/v1/cctv/bus-07/telemetry', 'foreign-topic'],
  ['a channel that is ours', `${bus}/command`, 'unknown-topic'],
  ['below its own topic', `${bus}/telemetry/more`, 'unknown-topic'],
  ['outside the root', 'city/bus/bus-07/telemetry', 'unknown-topic'],
  ['$SYS', '$SYS/broker', 'unknown-topic'],
  ['an endless topic', `${bus}/${'x'.repeat(200)}`, 'topic-too-long'],
])('publishing for %s ends the connection and reaches nobody', async (_what, topic, reason) => {
  const door = await openDoor({ ingest: false })
  const key = await door.register('bus-07', 'trans-binjai-bus')
  await door.register('bus-08', 'trans-binjai-bus')
  const client = await door.connect('bus-07', key)
  const closed = new Promise<void>((resolve) => client.once('close', () => resolve()))
  client.publish(topic, '{"speed_kmh":1}', { qos: 1 })
  await closed
  expect(journal(door).filter(({ type }) => type === 'message')).toEqual([])
  expect(await refused(door)).toEqual({ [reason]: 1 })
})

test.each(['#', 'binjai/v1/#', '+/+/+/+/telemetry', `${bus}/telemetry`, 'binjai/v1/bus/bus-08/command', '$share/a/#'])(
  'subscribing to %s is refused',
  async (filter) => {
    const door = await openDoor({ ingest: false })
    const client = await door.connect('bus-07', await door.register('bus-07', 'trans-binjai-bus'))
    await expect(client.subscribeAsync(filter)).rejects.toThrow()
    await expect(client.subscribeAsync(`${bus}/command`)).resolves.toMatchObject([{ qos: 0 }])
  },
)

test('connect, goodbye and loss are told with their reasons, and the Will goes into the journal before the loss', async () => {
  const door = await openDoor({ ingest: false })
  const key = await door.register('bus-07', 'trans-binjai-bus')
  const polite = await door.connect('bus-07', key)
  await polite.endAsync()
  await expect.poll(() => links(door).length, { timeout: 5000 }).toBe(3)
  const will = { topic: `${bus}/status`, payload: Buffer.from('offline'), qos: 1, retain: true } as const
  const lost = await door.connect('bus-07', key, { will })
  lost.stream.destroy()
  await expect.poll(() => links(door).length, { timeout: 5000 }).toBe(5)
  expect(links(door).map(({ principal, event, reason }) => [principal, event, reason])).toEqual([
    ['', 'broker-started', undefined],
    ['bus-07', 'connected', undefined],
    ['bus-07', 'disconnected', 'client'],
    ['bus-07', 'connected', undefined],
    ['bus-07', 'disconnected', 'socket-closed'],
  ])
  const order = journal(door).map(({ type, topic }) => (type === 'message' ? topic : type))
  expect(order.slice(-2)).toEqual([`${bus}/status`, 'link'])
})

test('a revoked key ends the live connection within a second', async () => {
  const door = await openDoor({ ingest: false })
  const client = await door.connect('bus-07', await door.register('bus-07', 'trans-binjai-bus'))
  const closed = new Promise<void>((resolve) => client.once('close', () => resolve()))
  const startedMs = Date.now()
  await door.registry.devices.revoke('bus-07')
  await closed
  expect(Date.now() - startedMs).toBeLessThan(1000)
  await expect
    .poll(() => links(door).at(-1), { timeout: 5000 })
    .toMatchObject({ event: 'disconnected', reason: 'revoked' })
})

test('two devices that use the same client id do not throw each other out', async () => {
  const door = await openDoor({ ingest: false })
  const one = await door.connect('bus-07', await door.register('bus-07', 'trans-binjai-bus'), { clientId: 'same' })
  const two = await door.connect('bus-08', await door.register('bus-08', 'trans-binjai-bus'), { clientId: 'same' })
  await one.publishAsync(`${bus}/telemetry`, '{"speed_kmh":1}', { qos: 1 })
  expect([one.connected, two.connected]).toEqual([true, true])
})

test('MQTT 5 is answered with its code and counted', async () => {
  const door = await openDoor({ ingest: false })
  await door.register('bus-07', 'trans-binjai-bus')
  const url = `mqtt://127.0.0.1:${door.port}`
  await expect(mqtt.connectAsync(url, { protocolVersion: 5, reconnectPeriod: 0 })).rejects.toThrow()
  await expect.poll(() => refused(door)).toEqual({ 'mqtt-5': 1 })
})

test.each([
  ['a first packet of 256 MB', [0x10, 0xff, 0xff, 0xff, 0x7f]],
  ['a PUBLISH of 256 MB before CONNECT', [0x30, 0xff, 0xff, 0xff, 0x7f]],
  ['a CONNECT of 2 KB', [0x10, 0x80, 0x10]],
])('%s ends the connection at its header', async (_what, header) => {
  const door = await openDoor({ ingest: false })
  const socket = connect(door.port, '127.0.0.1')
  onTestFinished(() => void socket.destroy())
  socket.on('error', () => undefined)
  const closed = once(socket, 'close')
  socket.write(Buffer.from(header))
  await closed
  expect(await refused(door)).toEqual({ 'packet-too-large': 1 })
})

test('QoS 2 is kept once, however often it is sent before its release', async () => {
  const door = await openDoor({ ingest: false })
  const client = await door.connect('bus-07', await door.register('bus-07', 'trans-binjai-bus'))
  await client.publishAsync(`${bus}/telemetry`, '{"speed_kmh":1}', { qos: 2 })
  expect(journal(door).filter(({ type }) => type === 'message')).toHaveLength(1)
})

test('QoS 2 that is sent again before it is written is written once, and each is answered', async () => {
  const door = await openDoor({ ingest: false })
  const socket = await openSocket(door.port)
  await signIn(socket, 'bus-07', await door.register('bus-07', 'trans-binjai-bus'))
  const packet = { cmd: 'publish', topic: `${bus}/telemetry`, payload: '{"speed_kmh":1}', retain: false } as const
  const again = { ...packet, qos: 2, messageId: 1, dup: true } as const
  socket.write(Buffer.concat([generate({ ...again, dup: false }), generate(again), generate(again)]))
  let answer = Buffer.alloc(0)
  socket.on('data', (chunk) => {
    answer = Buffer.concat([answer, chunk])
  })
  await expect.poll(() => answer.toString('hex')).toBe('50020001'.repeat(3))
  expect(journal(door).filter(({ type }) => type === 'message')).toHaveLength(1)
})

test('PUBCOMP leaves when the release is on disk; where it cannot be, the connection ends without it', async () => {
  const synced = Promise.withResolvers<() => void>()
  const door = await openDoor({
    ingest: false,
    wrap: ({ journal, credentials }) => ({
      credentials,
      journal: {
        ...journal,
        append(entry, done) {
          if (entry.type !== 'release') return journal.append(entry, done)
          if (entry.packetId === 8) return done(new Error('the disk is gone'))
          journal.append(entry, (error) => synced.resolve(() => done(error)))
        },
      },
    }),
  })
  const socket = await openSocket(door.port)
  await signIn(socket, 'bus-07', await door.register('bus-07', 'trans-binjai-bus'))
  let answer = ''
  socket.on('data', (chunk: Buffer) => {
    answer += chunk.toString('hex')
  })
  const event = { cmd: 'publish', topic: `${bus}/event`, payload: '{"type":"x"}', qos: 2, messageId: 7 } as const
  socket.write(generate({ ...event, dup: false, retain: false }))
  await expect.poll(() => answer).toBe('50020007')
  socket.write(generate({ cmd: 'pubrel', messageId: 7 }))
  await expect.poll(() => journal(door).at(-1)).toMatchObject({ type: 'release', principal: 'bus-07', packetId: 7 })
  const answerNow = await synced.promise
  expect(answer).toBe('50020007')
  answerNow()
  await expect.poll(() => answer).toBe('5002000770020007')
  socket.write(generate({ cmd: 'pubrel', messageId: 8 }))
  await once(socket, 'close')
  expect(answer).toBe('5002000770020007')
})

test('other bytes under a number of QoS 2 that was not released are another message', async () => {
  const door = await openDoor({ ingest: false })
  const socket = await openSocket(door.port)
  await signIn(socket, 'bus-07', await door.register('bus-07', 'trans-binjai-bus'))
  let answer = ''
  socket.on('data', (chunk: Buffer) => {
    answer += chunk.toString('hex')
  })
  const say = (payload: string, dup: boolean) =>
    generate({ cmd: 'publish', topic: `${bus}/event`, payload, qos: 2, messageId: 7, dup, retain: false })
  const [one, two] = ['{"type":"one"}', '{"type":"two"}']
  for (const [index, [payload, dup]] of (
    [
      [one, false],
      [one, true],
      [two, false],
      [two, true],
      [one, false],
    ] as const
  ).entries()) {
    socket.write(say(payload, dup))
    await expect.poll(() => answer).toBe('50020007'.repeat(index + 1))
  }
  const texts = journal(door).flatMap(({ type, payload }) =>
    type === 'message' ? [Buffer.from(payload).toString()] : [],
  )
  expect(texts).toEqual([one, two, one])
})

test('a session that releases nothing holds a thousand messages of QoS 2, over all its connections', async () => {
  const limits = { messagesPerS: 1e9, messageBurst: 1e9 }
  const door = await openDoor({ ingest: false, limits })
  const key = await door.register('bus-07', 'trans-binjai-bus')
  const say = (messageId: number) =>
    generate({
      cmd: 'publish',
      topic: `${bus}/event`,
      payload: '{"type":"x"}',
      qos: 2,
      messageId,
      dup: false,
      retain: false,
    })
  const sendFrom = async (first: number, count: number) => {
    const client = { cmd: 'connect', protocolId: 'MQTT', protocolVersion: 4, clean: false, keepalive: 60 } as const
    const socket = await openSocket(door.port)
    let bytes = 0
    let closed = false
    socket.on('data', (chunk: Buffer) => {
      bytes += chunk.length
    })
    socket.once('close', () => {
      closed = true
    })
    socket.write(generate({ ...client, clientId: 'bus-07', username: 'bus-07', password: Buffer.from(key) }))
    await expect.poll(() => bytes).toBe(4)
    socket.write(Buffer.concat(Array.from({ length: count }, (_none, n) => say(first + n))))
    return { answered: () => (bytes - 4) / 4, closed: () => closed, end: () => socket.destroy() }
  }
  const before = await sendFrom(1, 600)
  await expect.poll(before.answered).toBe(600)
  before.end()
  const after = await sendFrom(601, 400)
  await expect.poll(after.answered).toBe(400)
  after.end()
  const beyond = await sendFrom(1001, 1)
  await expect.poll(beyond.closed).toBe(true)
  expect(beyond.answered()).toBe(0)
  expect(await refused(door)).toEqual({ 'too-many-unreleased': 1 })
})

test('QoS 2 that the journal did not even take is written when its device comes back and sends it again', async () => {
  let broken = true
  const door = await openDoor({
    ingest: false,
    wrap: ({ journal, credentials }) => ({
      credentials,
      journal: {
        ...journal,
        append(entry, done) {
          if (entry.type === 'message' && broken) {
            broken = false
            throw new Error('the writer is gone')
          }
          journal.append(entry, done)
        },
      },
    }),
  })
  const key = await door.register('bus-07', 'trans-binjai-bus')
  const client = await door.connect('bus-07', key, { clientId: 'bus-07', clean: false, reconnectPeriod: 50 })
  await client.publishAsync(`${bus}/telemetry`, '{"speed_kmh":1}', { qos: 2 })
  expect(journal(door).filter(({ type }) => type === 'message')).toHaveLength(1)
  expect(await refused(door)).toEqual({ 'hook-failed': 1 })
})

test('a QoS 2 message is not taken for one with its number that a connection before has sent', async () => {
  const slow = Promise.withResolvers<void>()
  const door = await openDoor({
    ingest: false,
    wrap: ({ journal, credentials }) => ({
      credentials,
      journal: {
        ...journal,
        append: (entry, done) => journal.append(entry, (error) => slow.promise.then(() => done(error))),
      },
    }),
  })
  const key = await door.register('bus-07', 'trans-binjai-bus')
  const say = (speed: number) =>
    generate({
      cmd: 'publish',
      topic: `${bus}/telemetry`,
      payload: `{"speed_kmh":${speed}}`,
      ...({ qos: 2, messageId: 1, dup: false, retain: false } as const),
    })
  const before = await openSocket(door.port)
  await signIn(before, 'bus-07', key)
  before.write(say(1))
  await expect.poll(() => journal(door).filter(({ type }) => type === 'message')).toHaveLength(1)
  const after = await openSocket(door.port)
  await signIn(after, 'bus-07', key)
  // The first is told to be written while its session is over already.
  slow.resolve()
  await sleep(100)
  const answer = once(after, 'data')
  after.write(say(2))
  const [bytes]: Buffer[] = await answer
  expect(bytes?.toString('hex')).toBe('50020001')
  expect(journal(door).flatMap(({ type, payload }) => (type === 'message' ? [payload.toString()] : []))).toEqual([
    '{"speed_kmh":1}',
    '{"speed_kmh":2}',
  ])
})

test('MQTT over WebSocket comes in through the local socket', async () => {
  const door = await openDoor({ ingest: false })
  const key = await door.register('bus-07', 'trans-binjai-bus')
  const client = await mqtt.connectAsync('ws://localhost/mqtt', {
    username: 'bus-07',
    password: key,
    reconnectPeriod: 0,
    createWebsocket: () => new WebSocket(`ws+unix:${door.socketPath}:/mqtt`, ['mqtt']),
  })
  onTestFinished(() => void client.end(true))
  await client.publishAsync(`${bus}/telemetry`, '{"speed_kmh":1}', { qos: 1 })
  expect(journal(door).filter(({ type }) => type === 'message')).toHaveLength(1)
})
