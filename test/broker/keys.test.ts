import mqtt, { type IConnackPacket, type MqttClient } from 'mqtt'
import { expect, onTestFinished, test } from 'vitest'
import { type Door, openDoor } from '../support/broker/door.ts'

const bus = 'binjai/v1/bus/bus-07'

const closeOf = (client: MqttClient) => new Promise<void>((resolve) => client.once('close', () => resolve()))

/** Connects with a kept session, and tells whether the broker had one. */
async function returns({ port }: Door, key: string): Promise<{ client: MqttClient; present: boolean }> {
  const login = { username: 'bus-07', password: key, clientId: 'bus-07' }
  const client = mqtt.connect(`mqtt://127.0.0.1:${port}`, { ...login, clean: false, reconnectPeriod: 0 })
  onTestFinished(() => void client.end(true))
  const { sessionPresent } = await new Promise<IConnackPacket>((resolve) => client.once('connect', resolve))
  return { client, present: sessionPresent }
}

test('a live connection of the old key ends with the overlap, one of the new key does not', async () => {
  const door = await openDoor({ ingest: false, keyOverlapMs: 1500 })
  const oldKey = await door.register('bus-07', 'trans-binjai-bus')
  const old = await door.connect('bus-07', oldKey)
  const closed = closeOf(old)
  const { key } = await door.registry.devices.newKey('bus-07')
  await old.publishAsync(`${bus}/telemetry`, '{"speed_kmh":1}', { qos: 1 })
  expect(old.connected).toBe(true)
  await closed
  await expect(door.connect('bus-07', oldKey)).rejects.toThrow(/Bad username/)
  const fresh = await door.connect('bus-07', key)
  await fresh.publishAsync(`${bus}/telemetry`, '{"speed_kmh":2}', { qos: 1 })
  expect(fresh.connected).toBe(true)
})

test('the session of a device outlives its old key, and goes with a revocation', async () => {
  const door = await openDoor({ ingest: false })
  const first = await door.register('bus-07', 'trans-binjai-bus')
  const begun = await returns(door, first)
  expect(begun.present).toBe(false)
  await begun.client.subscribeAsync(`${bus}/command`, { qos: 1 })
  const cut = closeOf(begun.client)
  const { key: second } = await door.registry.devices.newKey('bus-07', { atOnce: true })
  await cut
  const rotated = await returns(door, second)
  expect(rotated.present).toBe(true)

  const revoked = closeOf(rotated.client)
  await door.registry.devices.revoke('bus-07')
  await revoked
  const { key: third } = await door.registry.devices.newKey('bus-07')
  expect((await returns(door, third)).present).toBe(false)
})

test('what is kept of a device that is away goes with its revocation, before it has a new key', async () => {
  const door = await openDoor({ ingest: false })
  const first = await door.register('bus-07', 'trans-binjai-bus')
  const { client } = await returns(door, first)
  await client.subscribeAsync(`${bus}/command`, { qos: 1 })
  await client.endAsync()
  await door.registry.devices.revoke('bus-07')
  // The broker may not have looked between the two.
  const { key } = await door.registry.devices.newKey('bus-07')
  expect((await returns(door, key)).present).toBe(false)
})
