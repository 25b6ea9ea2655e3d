import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { StoredEvent, StoredState } from '../../../../contract/ports/telemetry.ts'
import { writeHistory } from '../../../../storage/telemetry/influx/influx-history.ts'
import { openInflux1 } from '../../../../storage/telemetry/influx/influx1.ts'
import { missingProgram } from '../../../support/influx/influx-process.ts'
import { startMs } from '../../../support/influx/influx-readings.ts'
import { type RunningInfluxd, startInfluxd } from '../../../support/influx/influxd.ts'

const camera = {
  deviceId: 'cam-1',
  kind: 'cctv',
  profile: 'ip-camera',
  areaCode: '12.75.01',
  simulated: false,
} as const
const state = (over: Partial<StoredState> = {}): StoredState => ({
  ...{ ...camera, atMs: startMs, state: 'offline', cause: 'link-lost' },
  ...over,
})
const event = (over: Partial<StoredEvent> = {}): StoredEvent => ({
  ...{ ...camera, atMs: startMs, nth: 0, type: 'motion', payload: '{"type":"motion"}' },
  ...over,
})

/** What devices write into their events. */
const hostile = [
  '{"type":"a\\"b","n":"\\\\"}',
  '{"type":\r\n"x",\n"forged,device=cam-2 value":1}',
  '"\\u0000"',
  '{"t":"日本 🚨 é"}',
  'online',
  `{"type":"long","text":"${'x'.repeat(8000)}"}`,
]

test('a line that the server never takes is named, and costs no other', async () => {
  const stored: string[] = []
  const refused = await writeHistory(
    {
      states: [0, 1, 2, 3].map((n) => state({ atMs: startMs + n })),
      events: [event({ deviceId: 'cam 1' })],
    },
    async (body) => {
      if (body.includes(`${startMs + 2}`)) return { outcome: 'rejected', detail: 'out of order' }
      stored.push(...body.split('\n'))
      return { outcome: 'stored' }
    },
  )
  expect(stored).toHaveLength(3)
  expect(refused).toEqual(['device id "cam 1" is not allowed', expect.stringContaining('out of order: device_state,')])
})

describe.skipIf(missingProgram('influxd'))('in a real influxd 1.x', () => {
  let influxd: RunningInfluxd
  beforeAll(async () => {
    influxd = await startInfluxd()
  })
  afterAll(() => influxd.close())

  test('states and events lie in measurements of their own, as they came, however often they are written', async () => {
    const store = await openInflux1({ url: influxd.url, database: 'kota' })
    await store.confirm(undefined)
    const states = [
      state(),
      state({ atMs: startMs + 1, state: 'online', cause: null, simulated: true, areaCode: null }),
    ]
    const events = hostile.map((payload, n) => event({ payload, type: `type "${n}" \\` }))
    // All in the same millisecond.
    const history = { states, events: events.map((one, nth) => ({ ...one, nth })) }
    for (const _time of [1, 2]) expect(await store.writeHistory?.(history)).toEqual([])
    expect(await influxd.query('SELECT * FROM device_state', 'kota')).toEqual([
      {
        ...{
          name: 'device_state',
          time: startMs,
          area: '12.75.01',
          device: 'cam-1',
          kind: 'cctv',
          profile: 'ip-camera',
        },
        ...{ sim: null, state: 'offline', cause: 'link-lost', up: 0, down: 1 },
      },
      {
        ...{ name: 'device_state', time: startMs + 1, area: null, device: 'cam-1', kind: 'cctv', profile: 'ip-camera' },
        ...{ sim: '1', state: 'online', cause: '', up: 1, down: 0 },
      },
    ])
    const told = await influxd.query('SELECT payload, type FROM device_event', 'kota')
    const pairs = told.map(({ payload, type }) => `${type} ${payload}`)
    const asWritten = events.map(({ payload, type }) => `${type} ${payload.replaceAll(/[\r\n]/g, ' ')}`)
    expect(new Set(pairs)).toEqual(new Set(asWritten))
    const measurements = await influxd.query('SHOW MEASUREMENTS', 'kota')
    expect(measurements.map((row) => row.name).length).toBe(2)
    // They are no readings.
    expect(await store.latest()).toEqual([])
  })
})
