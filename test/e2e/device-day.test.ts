import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import type { z } from 'zod'
import { deviceSchema } from '../../contract/http/devices.ts'
import { readingsSchema } from '../../contract/http/readings.ts'
import { eventsSchema, statesSchema, uptimeSchema } from '../../contract/http/states.ts'
import type { JournalEntry, LinkChange } from '../../contract/ports/journal.ts'
import type { StateChange } from '../../contract/ports/states.ts'
import { periodsOf } from '../../domain/state-history.ts'
import { openJournalWriter } from '../../storage/journal/writer.ts'
import { openRegistry } from '../../storage/registry/registry.ts'
import { missingProgram } from '../support/influx/influx-process.ts'
import { type RunningInfluxd, startInfluxd } from '../support/influx/influxd.ts'
import { tempDir } from '../support/system/temp-dir.ts'
import { environmentOf, projectRoot } from '../support/system/whole-system.ts'

const minuteMs = 60_000
const hourMs = 60 * minuteMs
/** The day ended an hour ago. */
const dayFromMs = Math.floor(Date.now() / minuteMs) * minuteMs - 25 * hourMs
const dayToMs = dayFromMs + 24 * hourMs
/** `13:05:30` of the simulated day. */
const at = (clock: string): number => {
  const [hours = 0, minutes = 0, seconds = 0] = clock.split(':').map(Number)
  return dayFromMs + hours * hourMs + minutes * minuteMs + seconds * 1000
}

const blank = { topic: '', payload: new Uint8Array(), qos: 0, dup: false, readings: 0 } as const
const canary = (ms: number): JournalEntry => ({ ...blank, receivedAtMs: ms, type: 'canary', principal: '' })
const link = (clock: string, change: LinkChange, principal = 'cam-1'): JournalEntry => ({
  ...{ ...blank, receivedAtMs: at(clock), type: 'link', principal },
  payload: Buffer.from(JSON.stringify(change)),
})
const message = (ms: number, payload: unknown): JournalEntry => ({
  ...{ ...blank, receivedAtMs: ms, type: 'message', principal: 'cam-1', qos: 1, readings: 1 },
  topic: 'binjai/v1/cctv/cam-1/telemetry',
  payload: Buffer.from(JSON.stringify(payload)),
})

/** A picture each minute, from one time to before another. */
function pictures(from: string, until: string, age = 1): JournalEntry[] {
  const found: JournalEntry[] = []
  for (let ms = at(from); ms < at(until); ms += minuteMs) {
    found.push(message(ms, { ts: ms, fps: 25 + (ms % 7), frame_age_s: age }))
  }
  return found
}

/** The broker says something each 5 s, but for the time in which it does not run. */
function beats(): JournalEntry[] {
  const found: JournalEntry[] = []
  for (let ms = dayFromMs; ms <= dayToMs; ms += 5000) {
    if (ms <= at('15:00') || ms >= at('15:40')) found.push(canary(ms))
  }
  return found
}

/** From 20:00 to 21:00 the camera hands in, message by message, what it saw while it was silent. */
function lateReadings(): JournalEntry[] {
  return Array.from({ length: 59 }, (_, n) =>
    message(at('20:00:30') + n * minuteMs, { ts: at('03:01') + n * minuteMs, fps: 12, frame_age_s: 45 }),
  )
}

const day = [
  ...[link('00:00', { event: 'broker-started' }, ''), link('00:00', { event: 'connected' })],
  ...pictures('00:00', '03:00'),
  ...pictures('04:00', '05:00'),
  link('05:00:10', { event: 'disconnected', reason: 'keepalive' }),
  link('05:30', { event: 'connected' }),
  ...[...pictures('05:31', '08:00'), ...pictures('08:00', '08:20', 90), ...pictures('08:20', '10:10')],
  ...[...pictures('11:50', '15:00')],
  ...[link('15:40', { event: 'broker-started' }, ''), link('15:40:20', { event: 'connected' })],
  ...pictures('15:40:30', '24:00'),
  ...[...lateReadings(), ...beats()],
].toSorted((one, other) => one.receivedAtMs - other.receivedAtMs)

/** Begin, state and cause, by the rules of docs/glossary.md for a camera that reports each minute. */
const expected = [
  ['00:00', 'online', null],
  ['03:00:30', 'late', 'no-data'],
  ['03:02', 'stale', 'no-data'],
  ['03:09', 'offline', 'no-data'],
  ['04:00', 'online', null],
  ['05:00:10', 'offline', 'link-lost'],
  ['05:30', 'offline', 'no-data'],
  ['05:31', 'online', null],
  ['08:00', 'frozen', 'same-values'],
  ['08:20', 'online', null],
  ['10:00', 'disabled', 'maintenance'],
  ['12:00', 'online', null],
  ['15:00:30', 'unknown', 'not-watched'],
  ['15:40:30', 'online', null],
] as const
const changes: StateChange[] = expected.map(([clock, state, cause]) => ({ atMs: at(clock), state, cause }))
const span = { fromMs: dayFromMs, toMs: dayToMs, knownUntilMs: Number.POSITIVE_INFINITY }
const periods = periodsOf(changes, span)

/** A camera and its maintenance of that day, a token to read with, and nothing else. */
async function prepare(dir: string): Promise<string> {
  mkdirSync(dir, { recursive: true })
  const pepper = randomBytes(32)
  writeFileSync(join(dir, 'secret'), pepper, { mode: 0o600 })
  let nowMs = dayFromMs - hourMs
  const registry = await openRegistry({ file: join(dir, 'registry.db'), pepper, now: () => nowMs })
  await registry.devices.create({ id: 'cam-1', profile: 'ip-camera' })
  const [from, until] = [at('10:00'), at('12:00')].map((ms) => new Date(ms).toISOString())
  await registry.maintenance.create({ deviceIds: ['cam-1'], from, until: until ?? '', reason: 'ganti lensa' })
  nowMs = Date.now()
  const { token } = await registry.tokens.create({ name: 'uji', role: 'operator' })
  await registry.close()
  return token
}

function startRole(dir: string, role: 'ingest' | 'api', settings: Record<string, string>): ChildProcess {
  const child = spawn(process.execPath, [join(projectRoot, 'main.ts'), role], {
    env: environmentOf(dir, settings),
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  return child
}

/** Arrival of the newest entry that ingest has taken in. */
function heardMs(dir: string): number {
  const file = join(dir, 'store', 'hot.db')
  if (!existsSync(file)) return 0
  const db = new DatabaseSync(file, { readOnly: true, timeout: 1000 })
  try {
    return Number(db.prepare('SELECT heard_ms FROM ledger').get()?.heard_ms ?? 0)
  } catch {
    return 0
  } finally {
    db.close()
  }
}

const missing = missingProgram('influxd')

describe.skipIf(missing)('a day of a camera', { timeout: 120_000 }, () => {
  let influxd: RunningInfluxd
  beforeAll(async () => {
    influxd = await startInfluxd()
  })
  afterAll(() => influxd.close())

  test('is told to the second by /states, /uptime and InfluxDB, whatever was killed and whatever came late', async () => {
    const dir = join(tempDir(), 'data')
    const token = await prepare(dir)
    const settings = { BCC_TELEMETRY: 'influx1', BCC_INFLUX_URL: influxd.url, BCC_INFLUX_DATABASE: 'kota' }
    // An outage from the beginning: what is told waits in the outbox.
    await influxd.kill()
    const journal = openJournalWriter({ dir: join(dir, 'journal'), quotaBytes: 1e9 })
    const append = (entries: readonly JournalEntry[]) =>
      Promise.all(
        entries.map(
          (entry) =>
            new Promise<void>((resolve, reject) => {
              journal.append(entry, (error) => (error === undefined ? resolve() : reject(error)))
            }),
        ),
      )
    // Killed a little after each part has come, wherever it is then.
    const parts = 6
    for (let part = 0; part < parts; part += 1) {
      const ingest = startRole(dir, 'ingest', settings)
      const some = day.slice(Math.floor((part * day.length) / parts), Math.floor(((part + 1) * day.length) / parts))
      await append(some)
      const half = some[Math.floor(some.length / 2)]?.receivedAtMs ?? 0
      await expect.poll(() => heardMs(dir) > 0 && heardMs(dir) >= half - 3 * hourMs, { interval: 2 }).toBe(true)
      ingest.kill('SIGKILL')
      await once(ingest, 'exit')
    }
    await journal.close()
    startRole(dir, 'ingest', settings)
    await expect.poll(() => heardMs(dir)).toBe(dayToMs)
    await influxd.start()

    startRole(dir, 'api', settings)
    const ports = join(dir, 'ports.json')
    const ask = async <Shape extends z.ZodType>(path: string, shape: Shape): Promise<z.output<Shape>> => {
      const { http } = JSON.parse(readFileSync(ports, 'utf8'))
      const response = await fetch(`http://127.0.0.1:${http}/api/v1${path}`, {
        headers: { authorization: `Bearer ${token}` },
      })
      return shape.parse(await response.json())
    }
    await expect
      .poll(async () => (await ask('/devices/cam-1', deviceSchema).catch(() => undefined))?.id, { timeout: 20_000 })
      .toBe('cam-1')
    const iso = (ms: number) => new Date(ms).toISOString()
    const asked = `from=${iso(dayFromMs)}&to=${iso(dayToMs)}`
    const states = await ask(`/devices/cam-1/states?${asked}`, statesSchema)
    expect(states.items).toEqual(
      periods.map(({ fromMs, toMs, state, cause }) => ({
        ...{ from: iso(fromMs), to: iso(toMs), state, cause, maintenance: cause === 'maintenance' },
      })),
    )
    const uptime = await ask(`/uptime?${asked}`, uptimeSchema)
    const downS = 58 * 60 + 30 * 60 + 50 + 20 * 60
    expect(uptime.items).toMatchObject([
      {
        ...{ key: 'cam-1', from: iso(dayFromMs), to: iso(dayToMs), excludedS: 2 * 3600, unknownS: 40 * 60, downS },
        upS: 24 * 3600 - 2 * 3600 - 40 * 60 - downS,
      },
    ])
    const { metrics } = await ask(
      `/devices/cam-1/readings?from=${iso(at('03:00'))}&to=${iso(at('04:00'))}`,
      readingsSchema,
    )
    expect(metrics.fps).toHaveLength(59)
    const links = await ask(`/events?device=cam-1&type=link-disconnected&${asked}`, eventsSchema)
    expect(links.items.map((event) => event.at)).toEqual([iso(at('05:00:10'))])

    const inInflux = () => influxd.query('SELECT * FROM device_state', 'kota').catch(() => [])
    await expect.poll(async () => (await inInflux()).length, { timeout: 30_000 }).toBe(expected.length)
    const rows = (await inInflux()).map(({ time, state, cause }) => ({ atMs: time, state, cause: cause || null }))
    // Their states and causes are held against the expected ones here.
    expect(periodsOf(rows as StateChange[], span)).toEqual(periods)
    const told = await influxd.query('SELECT * FROM device_event', 'kota')
    expect(told.map(({ type }) => type)).toEqual([
      'link-connected',
      'link-disconnected',
      'link-connected',
      'link-connected',
    ])
  })
})
