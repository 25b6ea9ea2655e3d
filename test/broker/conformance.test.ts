import { once } from 'node:events'
import { connect } from 'node:net'
import type { Duplex } from 'node:stream'
import { expect, onTestFinished, test } from 'vitest'
import WebSocket, { createWebSocketStream } from 'ws'
import { type Door, openDoor } from '../support/broker/door.ts'
import { connack, connect as hello } from './conformance/bytes.ts'
import { subjectOf } from './conformance/case.ts'
import { conformanceCases } from './conformance/index.ts'
import { runCase } from './conformance/run-case.ts'

/** Cases at once; each has a device and connections of its own. */
const atOnce = 16

async function overTcp({ port }: Door): Promise<Duplex> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true })
  await once(socket, 'connect')
  return socket
}

async function overWebSocket({ socketPath }: Door): Promise<Duplex> {
  const webSocket = new WebSocket(`ws+unix:${socketPath}:/mqtt`, ['mqtt'])
  await once(webSocket, 'open')
  return createWebSocketStream(webSocket)
}

/** A WebSocket has no half that could be closed alone. */
const onlyTcp = /closes its side/

async function failures(open: (door: Door) => Promise<Duplex>, leaveOut?: RegExp): Promise<string[]> {
  const door = await openDoor({ ingest: false })
  const cases = conformanceCases.filter(({ name }) => leaveOut?.test(name) !== true)
  const found: string[] = []
  let next = 0
  async function work(): Promise<void> {
    for (let index = next++; index < cases.length; index = next++) {
      const one = cases[index]
      if (one === undefined) return
      const id = `bus-${index}`
      const fault = await runCase(one, subjectOf(id, await door.register(id, 'trans-binjai-bus')), () => open(door))
      if (fault !== undefined) found.push(`${one.name}: ${fault}`)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, work))
  return found
}

test('there are about 260 cases, each with a name of its own', () => {
  expect(conformanceCases.length).toBeGreaterThan(260)
  expect(new Set(conformanceCases.map(({ name }) => name)).size).toBe(conformanceCases.length)
  for (const { name } of conformanceCases) expect(name).toMatch(/^\[MQTT-\d/)
})

test('every byte-level case passes over TCP', { timeout: 120_000 }, async () => {
  expect(await failures(overTcp)).toEqual([])
})

test('every byte-level case passes over WebSocket', { timeout: 120_000 }, async () => {
  expect(await failures(overWebSocket, onlyTcp)).toEqual([])
})

test('[MQTT-6.0.0-1] a text frame ends the WebSocket', async () => {
  const door = await openDoor({ ingest: false })
  const webSocket = new WebSocket(`ws+unix:${door.socketPath}:/mqtt`, ['mqtt'])
  onTestFinished(() => webSocket.terminate())
  const come: unknown[] = []
  webSocket.on('message', (data) => come.push(data))
  const closed = once(webSocket, 'close')
  await once(webSocket, 'open')
  // As bytes it would be answered with a CONNACK.
  webSocket.send(hello({ clientId: 'x' }).toString('latin1'))
  await closed
  expect(come).toEqual([])
})

test('[MQTT-6.0.0-2] a packet may lie in several frames, and several in one', async () => {
  const door = await openDoor({ ingest: false })
  const { hello } = subjectOf('bus-07', await door.register('bus-07', 'trans-binjai-bus'))
  const stream = await overWebSocket(door)
  onTestFinished(() => void stream.destroy())
  stream.write(hello().subarray(0, 5))
  stream.write(Buffer.concat([hello().subarray(5), Buffer.from([0xc0, 0])]))
  let come = Buffer.alloc(0)
  stream.on('data', (chunk: Buffer) => {
    come = Buffer.concat([come, chunk])
  })
  await expect.poll(() => come.toString('hex')).toBe(`${connack().toString('hex')}d000`)
})
