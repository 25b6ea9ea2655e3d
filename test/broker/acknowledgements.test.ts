import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { openDoor } from '../support/broker/door.ts'
import { busTopic, openSocket, signIn } from '../support/broker/raw-mqtt.ts'
import { connect, puback, publish } from './conformance/bytes.ts'

test('acknowledgements come in the order of their messages, also where one of them is retained', async () => {
  const door = await openDoor({ ingest: false })
  const socket = await openSocket(door.port)
  await signIn(socket, 'bus-07', await door.register('bus-07', 'trans-binjai-bus'))
  const writes: Buffer[] = []
  socket.on('data', (bytes: Buffer) => writes.push(bytes))
  const message = (channel: string, first: number, id: number, payload: string) =>
    publish(busTopic('bus-07', channel), { first, id, payload })
  socket.write(
    Buffer.concat([
      message('telemetry', 0x32, 1, '{"speed_kmh":1}'),
      message('status', 0x33, 2, 'online'),
      message('event', 0x32, 3, '{"type":"door"}'),
      message('telemetry', 0x32, 4, '{"speed_kmh":2}'),
    ]),
  )
  await expect.poll(() => Buffer.concat(writes).length).toBe(16)
  expect(Buffer.concat(writes)).toEqual(Buffer.concat([1, 2, 3, 4].map(puback)))
})

test('whoever publishes needs no ping to stay within its keepalive', async () => {
  const door = await openDoor({ ingest: false })
  const key = await door.register('bus-07', 'trans-binjai-bus')
  const socket = await openSocket(door.port)
  let closed = false
  socket.once('close', () => {
    closed = true
  })
  socket.write(connect({ clientId: 'x', userName: 'bus-07', password: key, keepalive: 1 }))
  for (let id = 1; id <= 6; id += 1) {
    await sleep(500)
    socket.write(publish(busTopic('bus-07'), { first: 0x32, id, payload: '{"speed_kmh":1}' }))
  }
  expect(closed).toBe(false)
})
