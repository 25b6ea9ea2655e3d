import mqtt from 'mqtt'
import { expect, onTestFinished, test } from 'vitest'
import type { CredentialStore } from '../../../contract/ports/credentials.ts'
import { openDoor } from '../../support/broker/door.ts'

/** Answers of the registry that stay away until the test lets them go. */
function held(credentials: CredentialStore, call: 'judge' | 'verify') {
  const asked = { times: 0 }
  const { promise: gate, resolve: letGo } = Promise.withResolvers<void>()
  const slow = async <T>(answer: Promise<T>): Promise<T> => {
    asked.times += 1
    const found = await answer
    await gate
    return found
  }
  const wrapped: CredentialStore = {
    ...credentials,
    ...(call === 'judge'
      ? { judge: (asks) => slow(credentials.judge(asks)) }
      : { verify: (deviceId, key) => slow(credentials.verify(deviceId, key)) }),
  }
  return { asked, wrapped, letGo }
}

async function heldDoor(call: 'judge' | 'verify') {
  let parts: ReturnType<typeof held> | undefined
  const door = await openDoor({
    ingest: false,
    wrap(needs) {
      parts = held(needs.credentials, call)
      return { ...needs, credentials: parts.wrapped }
    },
  })
  if (parts === undefined) throw new Error('the broker was given nothing')
  const key = await door.register('bus-07', 'trans-binjai-bus')
  return { ...door, ...parts, key }
}

test('a revoked device is cut off within a second and does not come back; its neighbour stays', async () => {
  const door = await openDoor({ ingest: false })
  const key = await door.register('bus-07', 'trans-binjai-bus')
  const [one, other] = [
    await door.connect('bus-07', key),
    await door.connect('bus-08', await door.register('bus-08', 'trans-binjai-bus')),
  ]
  await door.registry.devices.revoke('bus-07')
  await expect.poll(() => one.connected, { timeout: 1000, interval: 20 }).toBe(false)
  await expect(door.connect('bus-07', key)).rejects.toThrow(/Bad username/)
  expect(other.connected).toBe(true)
})

test('what is revoked while the broker looks at an earlier change is cut off too', async () => {
  const { asked, letGo, connect, key, registry } = await heldDoor('judge')
  const client = await connect('bus-07', key)
  await registry.devices.create({ id: 'bus-09', profile: 'trans-binjai-bus' })
  await expect.poll(() => asked.times).toBeGreaterThan(0)
  await registry.devices.revoke('bus-07')
  // The broker has heard of it, as of any change, within 300 ms.
  await new Promise<void>((resolve) => {
    const stop = registry.watch(() => setImmediate(resolve))
    void registry.devices.create({ id: 'bus-10', profile: 'trans-binjai-bus' }).finally(() => setTimeout(stop, 1000))
  })
  letGo()
  await expect.poll(() => client.connected, { timeout: 1000, interval: 20 }).toBe(false)
})

test('what is revoked while it signs in does not stay', async () => {
  const { asked, letGo, port, key, registry } = await heldDoor('verify')
  const login = { username: 'bus-07', password: key, reconnectPeriod: 0 }
  const client = mqtt.connect(`mqtt://127.0.0.1:${port}`, login)
  onTestFinished(() => void client.end(true))
  let closed = false
  client
    .on('error', () => undefined)
    .on('close', () => {
      closed = true
    })
  await expect.poll(() => asked.times).toBe(1)
  let heard = 0
  const stop = registry.watch(() => {
    heard += 1
  })
  await expect.poll(() => heard).toBe(1)
  await registry.devices.revoke('bus-07')
  await expect.poll(() => heard).toBe(2)
  stop()
  letGo()
  await expect.poll(() => closed, { timeout: 2000, interval: 20 }).toBe(true)
})
