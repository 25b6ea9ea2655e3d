import { once } from 'node:events'
import { expect, test } from 'vitest'
import { createAcl } from '../../../broker/auth/acl.ts'
import type { DeviceCredential } from '../../../contract/ports/credentials.ts'
import { kinds, uplinkChannels } from '../../../contract/topics.ts'
import { openDoor } from '../../support/broker/door.ts'
import { journalOf } from '../../support/broker/door-facts.ts'
import { openSocket, signIn } from '../../support/broker/raw-mqtt.ts'
import { connect, publish, subscribe } from '../conformance/bytes.ts'

const root = 'binjai/v1'
/** Ids of which one begins with another, on purpose. */
const ids = ['bus', 'cctv', 'gw'].flatMap((stem) =>
  Array.from({ length: 17 }, (_none, n) => `${stem}-${n < 10 ? n : `1${n - 10}`}`),
)
const devices: DeviceCredential[] = ids.slice(0, 50).map((deviceId) => ({
  deviceId,
  kind: deviceId.startsWith('bus') ? 'bus' : deviceId.startsWith('cctv') ? 'cctv' : 'gateway',
  proof: 'key',
  revision: 1,
  since: 1,
}))
const channels = [...uplinkChannels, 'command', 'other', '']

/** Every topic of every device under every kind, and what somebody might try beside them. */
const topics = [
  ...devices.flatMap(({ deviceId }) =>
    kinds.flatMap((kind) => channels.map((channel) => `${root}/${kind}/${deviceId}/${channel}`)),
  ),
  ...devices.flatMap(({ deviceId, kind }) => [
    `${root}/${kind}/${deviceId}`,
    `${root}/${kind}/${deviceId}/telemetry/more`,
    `${root}/${kind}/${deviceId}/../bus-0/telemetry`,
    `${root}/${kind}/x/../${deviceId}/telemetry`,
    `/${root}/${kind}/${deviceId}/telemetry`,
    `${root}//${kind}/${deviceId}/telemetry`,
    `${root.toUpperCase()}/${kind}/${deviceId}/telemetry`,
    `$SYS/${deviceId}/telemetry`,
    `$share/group/${root}/${kind}/${deviceId}/command`,
    `${root}/${kind}/${deviceId.replace('u', 'υ').replace('c', 'с')}x/telemetry`,
  ]),
]
const filters = [
  ...topics,
  ...['#', '+', '/#', '+/#', `${root}/#`, `${root}/+/+/command`, `${root}/bus/+/command`, '$SYS/#', '$share/g/#'],
  ...devices.map(({ deviceId, kind }) => `${root}/${kind}/${deviceId}/+`),
  ...devices.map(({ deviceId, kind }) => `${root}/${kind}/${deviceId}/#`),
]

test('of all topics a device may publish on its own four and hear its own command, and nothing else', () => {
  const leaks: string[] = []
  for (const device of devices) {
    const access = createAcl(root, device)
    const own = `${root}/${device.kind}/${device.deviceId}`
    const mayPublish = new Set<string>(uplinkChannels.map((channel) => `${own}/${channel}`))
    for (const topic of topics)
      if ('channel' in access.publish(topic) !== mayPublish.has(topic)) leaks.push(`${device.deviceId} > ${topic}`)
    for (const filter of filters)
      if (access.subscribe(filter) !== (filter === `${own}/command`)) leaks.push(`${device.deviceId} < ${filter}`)
  }
  expect(leaks).toEqual([])
  expect(devices.length * (topics.length + filters.length)).toBeGreaterThan(200_000)
})

const profileOf = { bus: 'trans-binjai-bus', cctv: 'ip-camera', gateway: 'lorawan-gateway' }

test('on the wire too: no foreign publish, Will or subscription of 50 devices reaches anything', async () => {
  const door = await openDoor({ ingest: false })
  const keys = new Map<string, string>()
  for (const { deviceId, kind } of devices)
    keys.set(deviceId, await door.register(deviceId, profileOf[kind as keyof typeof profileOf]))
  const codes: number[] = []
  const granted: number[] = []
  for (const [index, { deviceId }] of devices.entries()) {
    const key = keys.get(deviceId) ?? ''
    const other = devices[(index + 1) % devices.length]
    const foreign = `${root}/${other?.kind}/${other?.deviceId}`
    const withWill = await openSocket(door.port)
    withWill.write(connect({ clientId: 'x', userName: deviceId, password: key, will: { topic: `${foreign}/status` } }))
    const [answer]: Buffer[] = await once(withWill, 'data')
    codes.push(answer?.[3] ?? -1)
    const socket = await openSocket(door.port)
    await signIn(socket, deviceId, key)
    const tried = devices.filter((device) => device.deviceId !== deviceId)
    socket.write(
      subscribe(
        1,
        tried.map((device) => [`${root}/${device.kind}/${device.deviceId}/command`, 1]),
      ),
    )
    const [suback]: Buffer[] = await once(socket, 'data')
    granted.push(...(suback?.subarray(4) ?? []))
    socket.resume().write(publish(`${foreign}/telemetry`, { first: 0x32, id: 1 }))
    await once(socket, 'close')
  }
  expect(new Set(codes)).toEqual(new Set([5]))
  expect(granted.length).toBe(50 * 49)
  expect(new Set(granted)).toEqual(new Set([0x80]))
  expect(journalOf(door).filter(({ type }) => type === 'message')).toEqual([])
})
