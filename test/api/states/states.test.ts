import { describe, expect, test } from 'vitest'
import { bucketBounds } from '../../../api/states/uptime.ts'
import { eventsSchema, statesSchema, uptimeSchema } from '../../../contract/http/states.ts'
import type { EventsQuery, StatePeriod, StateReader, StatesQuery, UptimeQuery } from '../../../contract/ports/states.ts'
import { createCityTime } from '../../../domain/city-time.ts'
import { startCity } from '../city-under-test.ts'

const hourMs = 3_600_000
/** 08.00 on Saturday, 21 November 2026, in Binjai. */
const nowMs = Date.UTC(2026, 10, 21, 1)
const iso = (ms: number): string => new Date(ms).toISOString()

const periods: StatePeriod[] = [
  { fromMs: nowMs - 24 * hourMs, toMs: nowMs - 5 * hourMs, state: 'online', cause: null },
  { fromMs: nowMs - 5 * hourMs, toMs: nowMs - 4 * hourMs, state: 'disabled', cause: 'maintenance' },
  { fromMs: nowMs - 4 * hourMs, toMs: nowMs, state: 'offline', cause: 'link-lost' },
]

/** A city of three devices, and what its store was asked. */
async function withDevices(more: Partial<StateReader> = {}) {
  const asked = { states: [] as StatesQuery[], uptime: [] as UptimeQuery[], events: [] as EventsQuery[] }
  const states: StateReader = {
    async states(query) {
      asked.states.push(query)
      return { periods }
    },
    async uptime(query) {
      asked.uptime.push(query)
      const one = { up: 1000, down: 1000, excluded: 500, unknown: 0 }
      return query.deviceIds.map(() => query.boundsMs.slice(1).map(() => ({ ...one })))
    },
    async events(query) {
      asked.events.push(query)
      return { events: [] }
    },
    ...more,
  }
  const city = await startCity({ now: () => nowMs, states })
  const { devices } = city.registry
  await devices.create({ id: 'r-1', profile: 'river-gauge', opd: '=SUM(A1)' })
  await devices.create({ id: 'r-2', profile: 'river-gauge' })
  await devices.create({ id: 'cam-1', profile: 'ip-camera' })
  for (const id of ['r-1', 'r-2', 'cam-1']) {
    await expect.poll(async () => (await city.call(`/api/v1/devices/${id}`, { as: 'wall' })).status).toBe(200)
  }
  return { ...city, asked }
}

describe('/devices/{id}/states', () => {
  test('tells the periods of the last 24 hours, the last one without an end, since it lasts', async () => {
    const { call, asked } = await withDevices()
    const { json, status } = await call('/api/v1/devices/r-1/states', { as: 'wall' })
    expect(status).toBe(200)
    expect(statesSchema.parse(json)).toEqual({
      ...{ deviceId: 'r-1', from: iso(nowMs - 24 * hourMs), to: iso(nowMs) },
      items: [
        {
          from: iso(nowMs - 24 * hourMs),
          to: iso(nowMs - 5 * hourMs),
          state: 'online',
          cause: null,
          maintenance: false,
        },
        {
          ...{ from: iso(nowMs - 5 * hourMs), to: iso(nowMs - 4 * hourMs) },
          ...{ state: 'disabled', cause: 'maintenance', maintenance: true },
        },
        { from: iso(nowMs - 4 * hourMs), state: 'offline', cause: 'link-lost', maintenance: false },
      ],
    })
    expect(asked.states).toEqual([{ deviceId: 'r-1', fromMs: nowMs - 24 * hourMs, toMs: nowMs, limit: 10_000 }])
  })

  test('as CSV is a line a period, and leads on where it was cut', async () => {
    const nextFromMs = nowMs - 2 * hourMs
    const { call } = await withDevices({ states: async () => ({ periods, nextFromMs }) })
    const { text, headers } = await call('/api/v1/devices/r-1/states?format=csv', { as: 'wall' })
    const ago = (hours: number) => nowMs - hours * hourMs
    const wib = (ms: number) =>
      `${iso(ms + 7 * hourMs)
        .slice(0, 19)
        .replace('T', ' ')} WIB`
    expect(text.split('\r\n')).toEqual([
      'from,to,state,cause,maintenance,local_from,local_to',
      `${iso(ago(24))},${iso(ago(5))},online,,false,${wib(ago(24))},${wib(ago(5))}`,
      `${iso(ago(5))},${iso(ago(4))},disabled,maintenance,true,${wib(ago(5))},${wib(ago(4))}`,
      `${iso(ago(4))},,offline,link-lost,false,${wib(ago(4))},`,
      '',
    ])
    expect(headers.get('link')).toBe(`<?from=${iso(nextFromMs)}&to=${iso(nowMs)}>; rel="next"`)
  })

  test('refuses who is unknown, the future, and a span that ends before it begins', async () => {
    const { call } = await withDevices()
    const status = async (path: string) => (await call(`/api/v1/devices/${path}`, { as: 'wall' })).status
    expect(await status('nobody/states')).toBe(404)
    expect(await status(`r-1/states?from=${nowMs + 1}&to=${nowMs + 2}`)).toBe(400)
    expect(await status(`r-1/states?from=${nowMs}&to=${nowMs - 1}`)).toBe(400)
    expect(await status('r-1/states?from=yesterday')).toBe(400)
  })
})

describe('/uptime', () => {
  test('adds up devices by their group, each counted once', async () => {
    const { call, asked } = await withDevices()
    const { json } = await call(`/api/v1/uptime?by=kind&from=${nowMs - hourMs}`, { as: 'auditor' })
    const span = { from: iso(nowMs - hourMs), to: iso(nowMs) }
    expect(uptimeSchema.parse(json).items).toEqual([
      { key: 'cctv', ...span, devices: 1, upS: 1, downS: 1, excludedS: 0.5, unknownS: 0, percent: 50 },
      { key: 'sensor', ...span, devices: 2, upS: 2, downS: 2, excludedS: 1, unknownS: 0, percent: 50 },
    ])
    expect(asked.uptime.flatMap(({ deviceIds }) => deviceIds).toSorted()).toEqual(['cam-1', 'r-1', 'r-2'])
  })

  test('as CSV lets no name be a formula', async () => {
    const { call } = await withDevices()
    const { text } = await call(`/api/v1/uptime?by=opd&from=${nowMs - hourMs}`, {
      as: 'auditor',
      headers: { accept: 'text/csv' },
    })
    expect(text).toContain("\r\n'=SUM(A1),")
    expect(text).toMatch(/^key,.*,percent,local_from,local_to\r\n/)
    expect(text).toMatch(/ WIB,\S+ \S+ WIB\r\n/)
  })

  test('refuses more than it could answer', async () => {
    const { call } = await withDevices()
    const { status } = await call(`/api/v1/uptime?from=${nowMs - 400 * 24 * hourMs}`, { as: 'auditor' })
    expect(status).toBe(400)
  })

  test.each([
    ['Asia/Jakarta', '1d', ['2026-11-20T17:00:00Z']],
    ['Asia/Jayapura', '1d', ['2026-11-20T15:00:00Z']],
    ['America/New_York', '1d', ['2026-11-20T05:00:00Z']],
    ['Asia/Jakarta', undefined, []],
  ] as const)('has its days in the zone of the city: %s', (zone, every, midnights) => {
    const span = { fromMs: nowMs - 24 * hourMs, toMs: nowMs }
    const inside = bucketBounds(span, every, createCityTime(zone)).slice(1, -1)
    expect(inside).toEqual(midnights.map((text) => Date.parse(text)))
  })

  test('has the hour that a summer time takes or gives in its days, and months begin with their first', () => {
    const time = createCityTime('Europe/Berlin')
    const day = { fromMs: Date.parse('2026-03-28T23:00:00Z'), toMs: Date.parse('2026-03-29T22:00:00Z') }
    expect(bucketBounds(day, '1d', time)).toEqual([day.fromMs, day.toMs])
    const months = { fromMs: Date.parse('2026-01-15T00:00:00Z'), toMs: Date.parse('2026-04-15T00:00:00Z') }
    expect(bucketBounds(months, '1mo', time).map(iso)).toEqual([
      '2026-01-15T00:00:00.000Z',
      ...['2026-01-31T23:00:00.000Z', '2026-02-28T23:00:00.000Z', '2026-03-31T22:00:00.000Z'],
      '2026-04-15T00:00:00.000Z',
    ])
  })
})

describe('/events', () => {
  test('tells what devices said, as they said it, and leads on', async () => {
    const told = [
      { deviceId: 'cam-1', atMs: nowMs - 1, type: 'motion', payload: '{"type":"motion","n":1}' },
      { deviceId: 'cam-1', atMs: nowMs - 2, type: 'status-online', payload: 'online' },
    ]
    const { call, asked } = await withDevices({
      async events(query) {
        asked.events.push(query)
        return { events: told, next: { atMs: nowMs - 2, rank: 8 } }
      },
    })
    const { json } = await call('/api/v1/events?device=cam-1&type=motion&limit=2', { as: 'operator' })
    expect(eventsSchema.parse(json)).toEqual({
      items: [
        { deviceId: 'cam-1', at: iso(nowMs - 1), type: 'motion', payload: { type: 'motion', n: 1 } },
        { deviceId: 'cam-1', at: iso(nowMs - 2), type: 'status-online', payload: 'online' },
      ],
      nextCursor: `${nowMs - 2}-8`,
    })
    await call(`/api/v1/events?cursor=${nowMs - 2}-8`, { as: 'operator' })
    expect(asked.events).toMatchObject([
      { deviceId: 'cam-1', type: 'motion', limit: 2, fromMs: nowMs - 24 * hourMs, toMs: nowMs },
      { limit: 100, after: { atMs: nowMs - 2, rank: 8 } },
    ])
  })

  test('are nothing for a wall that everybody sees', async () => {
    const { call } = await withDevices()
    expect((await call('/api/v1/events', { as: 'wall' })).status).toBe(403)
    expect((await call('/api/v1/events?cursor=x', { as: 'operator' })).status).toBe(400)
  })
})
