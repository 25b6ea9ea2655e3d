import { expect, test } from 'vitest'
import { openDoor } from '../../support/broker/door.ts'
import { statusOf } from '../../support/broker/door-facts.ts'
import { busTopic } from '../../support/broker/raw-mqtt.ts'
import { openService } from '../../support/broker/service.ts'

const all = 'binjai/v1/+/+/telemetry'

test('a service hears what devices send, as they sent it, once it is acknowledged', async () => {
  const door = await openDoor({ ingest: false })
  const bus = await door.connect('bus-07', await door.register('bus-07', 'trans-binjai-bus'))
  const service = await openService(door, [all])
  expect(await service.subscribe(all)).toEqual([1])
  await bus.publishAsync(busTopic('bus-07'), '{"speed_kmh":1}', { qos: 1 })
  await bus.publishAsync(busTopic('bus-07'), '{"speed_kmh":2}', { qos: 0 })
  await expect
    .poll(() => service.heard)
    .toEqual([
      { topic: busTopic('bus-07'), text: '{"speed_kmh":1}', qos: 1, retain: false },
      { topic: busTopic('bus-07'), text: '{"speed_kmh":2}', qos: 0, retain: false },
    ])
  expect((await statusOf(door)).services).toMatchObject({
    connections: [{ name: 'kota-lain', filters: [all], delivered: 2 }],
  })
})

test('states of devices', async () => {
  const door = await openDoor()
  const bus = await door.connect('bus-07', await door.register('bus-07', 'trans-binjai-bus'))
  const service = await openService(door, ['binjai/v1/#'])
  expect(await service.subscribe('binjai/v1/+/+/state')).toEqual([1])
  await expect.poll(() => service.heard.length, { timeout: 5000 }).toBe(1)
  await bus.publishAsync(busTopic('bus-07'), '{"speed_kmh":1}', { qos: 1 })
  await expect.poll(() => service.heard.at(-1)?.text, { timeout: 5000 }).toContain('online')
})
