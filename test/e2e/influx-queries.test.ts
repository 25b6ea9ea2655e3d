import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import mqtt, { type MqttClient } from 'mqtt'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { z } from 'zod'
import type { Readings } from '../../contract/http/readings.ts'
import type { eventsSchema, States, UptimeAnswer } from '../../contract/http/states.ts'
import { missingProgram } from '../support/influx/influx-process.ts'
import { type RunningInfluxd, startInfluxd } from '../support/influx/influxd.ts'
import { type ApiClient, login } from '../support/system/system.ts'
import { registerDevices, startWholeSystem, type TestDevice, type WholeSystem } from '../support/system/whole-system.ts'

const aWhile = { timeout: 20_000, interval: 100 }
const dashboardSchema = z.object({
  templating: z.object({ list: z.array(z.object({ name: z.string(), query: z.string() })) }),
  panels: z.array(
    z.object({ title: z.string(), targets: z.array(z.object({ query: z.string(), resultFormat: z.string() })) }),
  ),
})
const dashboard = dashboardSchema.parse(JSON.parse(readFileSync('docs/grafana/binjai.json', 'utf8')))
const documented = [...readFileSync('docs/influxdb.md', 'utf8').matchAll(/^```influxql\n(.*?)^```/gms)].map(
  ([, text = '']) => text.replace(/^--.*\n/gm, '').trim(),
)

const devices = [
  { id: 'gauge-1', profile: 'river-gauge' },
  { id: 'rain-1', profile: 'rain-gauge' },
  { id: 'bus-1', profile: 'trans-binjai-bus' },
  { id: 'bus-2', profile: 'trans-binjai-bus' },
  { id: 'cam-1', profile: 'ip-camera' },
]

const readings: Record<string, Record<string, number>[]> = {
  'gauge-1': [{ water_level_m: 1.25 }, { water_level_m: 1.75 }, { water_level_m: 2.5 }],
  'rain-1': [{ rain_rate_mmh: 4 }, { rain_rate_mmh: 12.5 }],
  'bus-1': [
    { lat: 3.6, lon: 98.485, speed_kmh: 20 },
    { lat: 3.601, lon: 98.485, speed_kmh: 41 },
  ],
  'bus-2': [{ speed_kmh: 7 }],
  'cam-1': [{ fps: 25, frame_age_s: 0.5, packet_loss_pct: 1.5 }],
}

/** Some came in the same millisecond. */
const inOrder = (list: readonly unknown[]) => list.map(String).toSorted((a, b) => a.localeCompare(b))

/** All that a device can tell: readings, an event, how it is, what became of a command. */
async function tellAll(port: number, { id, key, topic }: TestDevice): Promise<MqttClient> {
  const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, {
    username: id,
    password: key,
    reconnectPeriod: 0,
  })
  client.on('error', () => undefined)
  const say = (channel: string, body: object) =>
    client.publishAsync(topic.replace(/telemetry$/, channel), JSON.stringify(body), { qos: 1 })
  for (const [n, metrics] of (readings[id] ?? []).entries()) {
    await say('telemetry', { ts: Date.now() - 5000 + n * 1000, ...metrics })
  }
  await say('event', { type: 'door-open', n: 1 })
  await say('status', { status: 'online' })
  if (id !== 'cam-1') return client
  await say('command-result', { id: 'c1', ok: true })
  await say('status', { status: 'offline' })
  return client
}

describe.skipIf(missingProgram('influxd'))('what is asked of InfluxDB gives the figures of the API', () => {
  let influxd: RunningInfluxd
  let system: WholeSystem
  let api: ApiClient
  const spanFromMs = Math.floor(Date.now() / 60_000) * 60_000 - 60_000
  let spanToMs = 0
  const cleanUps: (() => Promise<unknown>)[] = []

  beforeAll(async () => {
    influxd = await startInfluxd()
    const dir = mkdtempSync(join(tmpdir(), 'bcc-queries-'))
    const registered = await registerDevices(dir, devices)
    system = await startWholeSystem({ dir, settings: { BCC_INFLUX_URL: influxd.url } })
    api = await login(`http://127.0.0.1:${system.http}`, readFileSync(join(dir, 'admin-password'), 'utf8').trim())
    const clients = await Promise.all(registered.map((device) => tellAll(system.mqtt, device)))
    // One says goodbye: its connection ended.
    await clients[3]?.endAsync()
    cleanUps.push(...clients.map((client) => () => client.endAsync(true)))
    cleanUps.push(async () => rmSync(dir, { recursive: true, force: true }))
    await vi.waitFor(async () => {
      expect(await api.pipeline()).toMatchObject({ waiting: 0, store: { up: true } })
      const ended = await ask(`SELECT "type" FROM "device_event" WHERE "type" = 'link-disconnected'`)
      expect(ended).toHaveLength(1)
    }, aWhile)
    // Uptime gets something to reckon with, and all that waits is there.
    await new Promise((resolve) => setTimeout(resolve, 3000))
    spanToMs = Date.now()
  }, 60_000)

  afterAll(async () => {
    await system.stop()
    await influxd.close()
    for (const cleanUp of cleanUps) await cleanUp()
  })

  const ask = (query: string) => influxd.query(query, 'binjai')

  /** As Grafana does it: https://grafana.com/docs/grafana/latest/datasources/influxdb/query-editor/ */
  const filled = (query: string, interval = '1m') =>
    query
      .replaceAll('$timeFilter', `time >= ${spanFromMs}ms AND time < ${spanToMs}ms`)
      .replaceAll('$__interval', interval)
      .replaceAll(/\$(area|device)/g, '.*')

  const panel = (title: string) => {
    const found = dashboard.panels.find((one) => one.title === title)
    if (found === undefined) throw new Error(`no panel ${title}`)
    return found.targets.map(({ query }) => query)
  }
  const only = (title: string): string => panel(title)[0] ?? ''

  const span = (more = '') => `from=${new Date(spanFromMs).toISOString()}&to=${new Date(spanToMs).toISOString()}${more}`

  async function history(id: string, metric: string, more: string) {
    const { metrics } = await api.get<Readings>(`/devices/${id}/readings?${span(more)}`)
    return (metrics[metric] ?? []).map(([ms, value]) => ({ device: id, ms, value }))
  }

  test('every query of the dashboard and of the page is one that the server answers with something', async () => {
    expect(documented.length).toBeGreaterThan(4)
    for (const query of [
      ...dashboard.panels.flatMap(({ targets }) => targets.map((one) => filled(one.query))),
      ...dashboard.templating.list.filter(({ name }) => name !== 'datasource').map((one) => one.query),
      ...documented,
    ]) {
      const rows = await ask(query).catch((error: Error) => error.message)
      const mayBeEmpty = /= '(late|stale|frozen|disabled|unknown)'|KEY = "area"/.test(query)
      if (!mayBeEmpty) expect([query, rows]).toEqual([query, expect.arrayContaining([expect.anything()])])
      expect([query, Array.isArray(rows)]).toEqual([query, true])
    }
  })

  test.each([
    ['River levels', 'level', ['gauge-1'], 'water_level_m', 'mean'],
    ['Rain', 'rain', ['rain-1'], 'rain_rate_mmh', 'max'],
    ['Speed of buses', 'speed', ['bus-1', 'bus-2'], 'speed_kmh', 'mean'],
    ['Cameras: frames a second', 'fps', ['cam-1'], 'fps', 'mean'],
  ])('%s', async (title, column, ids, metric, aggregate) => {
    const rows = await ask(filled(only(title)))
    const shown = rows.map((row) => ({ device: row.device, ms: row.time, value: row[column] }))
    const right = await Promise.all(ids.map((id) => history(id, metric, `&every=60s&aggregate=${aggregate}`)))
    expect(shown).toEqual(right.flat())
    expect(shown.length).toBeGreaterThan(0)
  })

  test('devices by state', async () => {
    const live = await api.get<{ devices: { id: string; state: string }[] }>('/state')
    const right: Record<string, number> = {}
    for (const { state } of live.devices) right[state] = (right[state] ?? 0) + 1
    const answers = await Promise.all(panel('Devices by state').map((query) => ask(filled(query))))
    const shown = answers.flat().flatMap((row) => Object.entries(row).filter(([name]) => name in right))
    expect(Object.fromEntries(shown)).toEqual(right)
    expect(right).toMatchObject({ offline: 1 })
  })

  test('uptime, to the second of its grid', async () => {
    const rows = await ask(filled(only('Uptime'), '1s'))
    const { items } = await api.get<UptimeAnswer>(`/uptime?${span('&by=device')}`)
    expect(items).toHaveLength(devices.length)
    for (const { key, upS, downS } of items) {
      const shown = rows.find((row) => row.device === key)
      // A change of state counts from the begin of its second, and at most two of them are in the span.
      const [least, most] = [(upS - 2) / (upS + downS), (upS + 2) / (upS + downS)]
      expect([key, Number(shown?.uptime) >= least, Number(shown?.uptime) <= most]).toEqual([key, true, true])
    }
  })

  test('states, one point for each change', async () => {
    for (const { id } of devices) {
      const { items } = await api.get<States>(`/devices/${id}/states?${span()}`)
      const rows = await ask(`SELECT "state", "cause" FROM "device_state" WHERE "device" = '${id}'`)
      const known = items.filter(({ cause }) => cause !== 'not-watched')
      expect(
        rows
          .filter((row) => row.cause !== 'not-watched')
          .map((row) => row.state)
          .slice(-known.length),
      ).toEqual(known.map(({ state }) => state))
    }
  })

  test('events: what devices told, status messages, results of commands and connections', async () => {
    const rows = await ask(filled(only('Events')))
    for (const { id } of devices) {
      const { items } = await api.get<z.output<typeof eventsSchema>>(`/events?${span(`&device=${id}&limit=100`)}`)
      const right = items.map(({ at, type }) => [Date.parse(at), type])
      const shown = rows.filter((row) => row.device === id).map((row) => [row.time, row.type])
      expect(inOrder(shown)).toEqual(inOrder(right))
    }
    const types = new Set(rows.map((row) => row.type))
    const all = [
      'door-open',
      'status-online',
      'status-offline',
      'command-result',
      'link-connected',
      'link-disconnected',
    ]
    expect(inOrder([...types])).toEqual(inOrder(all))
  })
})
