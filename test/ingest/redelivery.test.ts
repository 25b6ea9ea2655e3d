import type { Socket } from 'node:net'
import { expect, test } from 'vitest'
import {
  type ConnectParts,
  connect,
  hex,
  puback,
  pubcomp,
  publish,
  pubrec,
  pubrel,
} from '../broker/conformance/bytes.ts'
import { type Door, openDoor } from '../support/broker/door.ts'
import { openSocket } from '../support/broker/raw-mqtt.ts'

/** From the socket to the counters: what a client sends again over its next connection. */

const topic = (channel: string) => `binjai/v1/sensor/gauge-1/${channel}`
const level = (cm: number, id: number, first = 0x32) =>
  publish(topic('telemetry'), { first, id, payload: `{"water_level_m":${cm / 100}}` })

interface Gauge {
  socket: Socket
  /** Sends, and waits until all that is due came back behind what came before. */
  ask(bytes: Buffer[], due: Buffer[]): Promise<void>
}

async function openGauge(door: Door, key: string, parts: ConnectParts): Promise<Gauge> {
  const socket = await openSocket(door.port)
  let come = Buffer.alloc(0)
  socket.on('data', (bytes: Buffer) => {
    come = Buffer.concat([come, bytes])
  })
  socket.write(connect({ clientId: 'gauge', userName: 'gauge-1', password: key, ...parts }))
  await expect.poll(() => come.length).toBe(4)
  return {
    socket,
    async ask(bytes, due) {
      const expected = Buffer.concat([come, ...due])
      socket.write(Buffer.concat(bytes))
      await expect.poll(() => come.toString('hex')).toBe(expected.toString('hex'))
    },
  }
}

test.each([
  ['a kept session', { clean: false }],
  ['clean sessions', { clean: true }],
  ['clean sessions without a client id', { clean: true, clientId: '' }],
])('messages without time that were cut off are stored once, in %s', async (_which, parts) => {
  const door = await openDoor()
  const key = await door.register('gauge-1', 'river-gauge')
  const ids = Array.from({ length: 30 }, (_none, n) => n + 1)
  const before = await openGauge(door, key, parts)
  await before.ask(
    ids.map((id) => level(id, id)),
    ids.map((id) => puback(id)),
  )
  before.socket.resetAndDestroy()
  const after = await openGauge(door, key, parts)
  const again = ids.toReversed()
  await after.ask(
    again.map((id) => level(id, id, 0x3a)),
    again.map((id) => puback(id)),
  )
  // New: the same bytes without the flag, and one that says it came before and never did.
  await after.ask([level(7, 7), level(7, 99, 0x3a)], [puback(7), puback(99)])
  await expect
    .poll(() => door.reader.counters())
    .toMatchObject({ stored: 32, duplicates: 30, rejected: {}, waiting: 0 })
})

test('an event of QoS 2 is stored once over three connections, and again behind its release', async () => {
  const door = await openDoor()
  const key = await door.register('gauge-1', 'river-gauge')
  const event = (first: number) => publish(topic('event'), { first, id: 9, payload: '{"type":"pintu-terbuka"}' })
  const kept = { clean: false }
  const one = await openGauge(door, key, kept)
  await one.ask([event(0x34)], [pubrec(9)])
  one.socket.resetAndDestroy()
  const two = await openGauge(door, key, kept)
  await two.ask([event(0x3c)], [pubrec(9)])
  two.socket.resetAndDestroy()
  const three = await openGauge(door, key, kept)
  await three.ask([event(0x3c), pubrel(9)], [pubrec(9), pubcomp(9)])
  await three.ask([event(0x3c), hex('c0 00')], [pubrec(9), hex('d0 00')])
  await expect.poll(() => door.reader.counters()).toMatchObject({ received: 2, stored: 2, duplicates: 0, waiting: 0 })
})
