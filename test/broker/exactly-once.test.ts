import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { generate } from 'mqtt-packet'
import { expect, test } from 'vitest'
import type { JournalWriter } from '../../contract/ports/journal.ts'
import { openDoor } from '../support/broker/door.ts'
import { journalOf, refusedAt } from '../support/broker/door-facts.ts'
import { openSocket, signIn } from '../support/broker/raw-mqtt.ts'

/** QoS 2: a message is in the journal once, and its four packets tell the truth of it. */

const bus = 'binjai/v1/bus/bus-07'

type Append = JournalWriter['append']

/** A door in front of a journal that takes its entries in another way. */
const doorBefore = (wrapped: (append: Append) => Append) =>
  openDoor({
    ingest: false,
    wrap: ({ journal, credentials }) => ({
      credentials,
      journal: { ...journal, append: wrapped(journal.append) },
    }),
  })

test('QoS 2 is kept once, however often it is sent before its release', async () => {
  const door = await openDoor({ ingest: false })
  const client = await door.connect('bus-07', await door.register('bus-07', 'trans-binjai-bus'))
  await client.publishAsync(`${bus}/telemetry`, '{"speed_kmh":1}', { qos: 2 })
  expect(journalOf(door).filter(({ type }) => type === 'message')).toHaveLength(1)
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
  expect(journalOf(door).filter(({ type }) => type === 'message')).toHaveLength(1)
})

test('PUBCOMP leaves when the release is on disk; where it cannot be, the connection ends without it', async () => {
  const synced = Promise.withResolvers<() => void>()
  const door = await doorBefore((append) => (entry, done) => {
    if (entry.type !== 'release') return append(entry, done)
    if (entry.packetId === 8) return done(new Error('the disk is gone'))
    append(entry, (error) => synced.resolve(() => done(error)))
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
  await expect.poll(() => journalOf(door).at(-1)).toMatchObject({ type: 'release', principal: 'bus-07', packetId: 7 })
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
  const texts = journalOf(door).flatMap(({ type, payload }) =>
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
  expect(await refusedAt(door)).toEqual({ 'too-many-unreleased': 1 })
})

test('QoS 2 that the journal did not even take is written when its device comes back and sends it again', async () => {
  let broken = true
  const door = await doorBefore((append) => (entry, done) => {
    if (entry.type === 'message' && broken) {
      broken = false
      throw new Error('the writer is gone')
    }
    append(entry, done)
  })
  const key = await door.register('bus-07', 'trans-binjai-bus')
  const client = await door.connect('bus-07', key, { clientId: 'bus-07', clean: false, reconnectPeriod: 50 })
  await client.publishAsync(`${bus}/telemetry`, '{"speed_kmh":1}', { qos: 2 })
  expect(journalOf(door).filter(({ type }) => type === 'message')).toHaveLength(1)
  expect(await refusedAt(door)).toEqual({ 'hook-failed': 1 })
})

test('a QoS 2 message is not taken for one with its number that a connection before has sent', async () => {
  const slow = Promise.withResolvers<void>()
  const door = await doorBefore(
    (append) => (entry, done) => append(entry, (error) => slow.promise.then(() => done(error))),
  )
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
  await expect.poll(() => journalOf(door).filter(({ type }) => type === 'message')).toHaveLength(1)
  const after = await openSocket(door.port)
  await signIn(after, 'bus-07', key)
  // The first is told to be written while its session is over already.
  slow.resolve()
  await sleep(100)
  const answer = once(after, 'data')
  after.write(say(2))
  const [bytes]: Buffer[] = await answer
  expect(bytes?.toString('hex')).toBe('50020001')
  expect(journalOf(door).flatMap(({ type, payload }) => (type === 'message' ? [payload.toString()] : []))).toEqual([
    '{"speed_kmh":1}',
    '{"speed_kmh":2}',
  ])
})
