import { io } from 'socket.io-client'
import { expect, onTestFinished, test } from 'vitest'
import { quarantineListSchema } from '../../../contract/http/pipeline.ts'
import type { QuarantineRow } from '../../../contract/ports/pipeline.ts'
import { changes, healthyBroker, heard, ingestStatus, startCity } from '../city-under-test.ts'
import { routeTable } from '../route-table.ts'

/** What a device wrote, a stranger claimed, or a store quoted. */
const secret = 'bcc-secret-that-a-device-wrote'

const row: QuarantineRow = {
  ...{
    id: 1,
    atMs: 1_795_000_000_000,
    topic: 'binjai/v1/bus/bus-1/telemetry',
    deviceId: 'bus-1',
    reason: 'implausible',
  },
  ...{ detail: `speed_kmh = ${secret}`, readings: 0, payload: Buffer.from(secret), retriedAtMs: null },
}

/** A city in which every text that comes from outside holds the secret. */
async function cityWithSecrets() {
  const city = await startCity()
  await city.registry.devices.create({ id: 'bus-1', profile: 'trans-binjai-bus' })
  await expect.poll(async () => (await city.call('/api/v1/devices/bus-1', { as: 'wall' })).status).toBe(200)
  const { outside } = city
  outside.quarantined = [row]
  const client = { reason: 'wrong-key', userName: secret, clientId: secret, address: secret, count: 1, lastAtMs: 1 }
  outside.broker = { ...healthyBroker, refusedClients: [client] }
  outside.connect(true)
  const store = { engine: 'influx1', up: false, detail: `InfluxDB answered 500: ${secret}`, waiting: 3 }
  if (ingestStatus.type === 'status') outside.say({ ...ingestStatus, status: { ...ingestStatus.status, store } })
  outside.say(changes(heard('bus-1', { status: 'offline', statusReason: secret })))
  return city
}

test('a wall gets in no answer what devices and strangers wrote, and nobody gets it without a login', async () => {
  const city = await cityWithSecrets()
  const reads = (await routeTable()).filter(({ method }) => method === 'get').map(({ path }) => path)
  const paths = reads.map((path) => path.replace('{id}', 'bus-1').replace('{layer}', 'city.geojson'))
  const open = ['/metrics', '/readyz', '/healthz']
  const found: string[] = []
  for (const path of [...paths, ...open]) {
    for (const as of ['wall', undefined] as const) {
      const { text, headers } = await city.call(path, as === undefined ? {} : { as })
      if (`${text}${JSON.stringify([...headers])}`.includes(secret)) found.push(`${as ?? 'nobody'} ${path}`)
    }
  }
  expect(found).toEqual([])
  expect(paths.length).toBeGreaterThan(10)
})

test('nor in what is sent to it, whatever the event', async () => {
  const city = await cityWithSecrets()
  const hear = async (as: 'wall' | 'operator') => {
    const cookie = await city.cookieOf(as)
    const options = { transports: ['websocket'], extraHeaders: { cookie }, reconnection: false, forceNew: true }
    const socket = io(`${city.url}/wall`, options)
    onTestFinished(() => void socket.close())
    const events = new Map<string, string>()
    socket.onAny((name: string, frame: unknown) => events.set(name, JSON.stringify(frame)))
    return events
  }
  const [wall, operator] = [await hear('wall'), await hear('operator')]
  // What is heard earlier stands in the snapshot, and is no delta.
  await expect.poll(() => wall.has('snapshot')).toBe(true)
  city.outside.say(changes(heard('bus-1', { statusReason: secret })))
  await expect
    .poll(() => [...wall.keys()], { timeout: 6000 })
    .toEqual(expect.arrayContaining(['snapshot', 'delta', 'pipeline', 'heartbeat', 'displays']))
  for (const [event, text] of wall) expect([event, text.includes(secret)]).toEqual([event, false])
  // Who may read payloads is told what the store said.
  await expect.poll(() => operator.get('pipeline'), { timeout: 6000 }).toContain(secret)
})

test('an operator reads the words that a wall does not', async () => {
  const city = await cityWithSecrets()
  const items = async (as: 'wall' | 'operator') =>
    quarantineListSchema.parse((await city.call('/api/v1/quarantine', { as })).json).items
  expect(await items('operator')).toMatchObject([{ reason: 'implausible', detail: row.detail, text: secret }])
  expect(await items('wall')).toMatchObject([{ reason: 'implausible', detail: '', text: '', base64: '' }])
})
