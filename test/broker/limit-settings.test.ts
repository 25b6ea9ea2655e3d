import { once } from 'node:events'
import { request } from 'node:http'
import { expect, test } from 'vitest'
import type { BrokerLimits } from '../../broker/options.ts'
import type { BrokerStatus } from '../../contract/ports/control.ts'
import { readConfig, type Settings } from '../../runtime/config.ts'
import { brokerLimits, httpLimits, limitSettings } from '../../runtime/limit-settings.ts'
import { type Door, openDoor } from '../support/broker/door.ts'
import { busTopic, openSocket } from '../support/broker/raw-mqtt.ts'
import { connect, publish } from './conformance/bytes.ts'

test('each setting of a limit changes one limit, to its own value', () => {
  const names = Object.keys(limitSettings) as (keyof Settings)[]
  const limitsOf = (settings: Settings): Record<string, number> => ({
    ...brokerLimits(settings),
    ...Object.fromEntries(Object.entries(httpLimits(settings)).map(([name, value]) => [`http ${name}`, value])),
  })
  const usual = limitsOf(readConfig({}).settings)
  const changed = names.map((name, index) => {
    const value = 2000 + index
    const differing = Object.entries(limitsOf(readConfig({ [name]: String(value) }).settings)).filter(
      ([limit, number]) => number !== usual[limit],
    )
    expect(differing).toEqual([[expect.any(String), value]])
    return differing[0]?.[0]
  })
  expect(new Set(changed).size).toBe(names.length)
})

function statusOf({ socketPath }: Door): Promise<BrokerStatus> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath, path: '/status' }, async (response) => {
      // Our own broker answers in its own shape.
      resolve(JSON.parse(Buffer.concat(await response.toArray()).toString()) as BrokerStatus)
    })
    asked.on('error', reject).end()
  })
}

interface Case {
  limits: Partial<BrokerLimits>
  /** Sent by a device of 30 characters' topic. */
  clientId?: string
  message?: Buffer
  reason: string
}

const telemetry = (payload: string) => publish(busTopic('bus-1'), { first: 0x32, id: 1, payload })
const status = publish(busTopic('bus-1', 'status'), { first: 0x33, id: 1, payload: 'online' })

test.each<Case>([
  { limits: { connectBytes: 64 }, clientId: 'c'.repeat(60), reason: 'packet-too-large' },
  { limits: { clientIdBytes: 23 }, clientId: 'c'.repeat(24), reason: 'bad-client-id' },
  {
    limits: { packetBytes: 1024 },
    message: telemetry(`{"speed_kmh":1}${' '.repeat(1500)}`),
    reason: 'packet-too-large',
  },
  { limits: { topicBytes: 28 }, message: telemetry('{"speed_kmh":1}'), reason: 'topic-too-long' },
  { limits: { topicLevels: 4 }, message: telemetry('{"speed_kmh":1}'), reason: 'topic-too-deep' },
  { limits: { retainedBytes: 2 }, message: status, reason: 'retained-too-large' },
])('with $limits what is past it is refused, and not without', async ({ limits, clientId = 'x', message, reason }) => {
  for (const [given, times] of [
    [limits, 1],
    [{}, 0],
  ] as const) {
    const door = await openDoor({ ingest: false, limits: given })
    const key = await door.register('bus-1', 'trans-binjai-bus')
    const socket = await openSocket(door.port)
    const answered = Promise.race([once(socket, 'data'), once(socket, 'close')])
    socket.write(connect({ clientId, userName: 'bus-1', password: key }))
    await answered
    if (message !== undefined) {
      const taken = Promise.race([once(socket, 'data'), once(socket, 'close')])
      socket.write(message)
      await taken
    }
    const { refused } = await statusOf(door)
    expect(refused).toEqual(times === 0 ? {} : { [reason]: 1 })
  }
})

test('with fewer takeovers a minute two clients change places less often', async () => {
  const counts: number[] = []
  for (const takeoversPerMinute of [2, 6]) {
    const door = await openDoor({ ingest: false, limits: { takeoversPerMinute } })
    const key = await door.register('bus-1', 'trans-binjai-bus')
    let good = 0
    for (let turn = 0; turn < 8; turn += 1) {
      const socket = await openSocket(door.port)
      const answered = Promise.race([once(socket, 'data'), once(socket, 'close')])
      socket.write(connect({ clientId: `c${turn}`, userName: 'bus-1', password: key }))
      const [bytes] = await answered
      if (Buffer.isBuffer(bytes) && bytes[3] === 0) good += 1
    }
    counts.push(good)
  }
  expect(counts[0]).toBeLessThan(counts[1] ?? 0)
})
