import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { maxMonitors } from '../../../contract/display-geometry.ts'
import type { WallSettings } from '../../../contract/http/walls.ts'
import { metrics as dictionary } from '../../../contract/metrics.ts'
import type { JournalWriter } from '../../../contract/ports/journal.ts'
import { readingLimits } from '../../../contract/reading.ts'
import { openJournalWriter } from '../../../storage/journal/writer.ts'
import { openRegistry, type Registry } from '../../../storage/registry/registry.ts'

export interface FullCity {
  devices: number
  /** Each device has as many metrics as it may have, each with a time of its own; otherwise those of its profile. */
  crowded: boolean
  /** Maintenance windows of all devices. */
  windows: number
  walls: number
  displays: number
  tokens: number
  auditRows: number
  /** Raw readings of the first device, eight metrics each. */
  history: number
}

export const firstDevice = 'full-00000'
const busTopic = (id: string) => `binjai/v1/bus/${id}/telemetry`
const longText = (words: string, length: number) => words.padEnd(length, '·').slice(0, length)
export const deviceIds = (count: number) =>
  Array.from({ length: count }, (_none, n) => `full-${String(n).padStart(5, '0')}`)

/** Fills a data folder with the most of everything, before the system starts on it. */
export async function fillCity(dir: string, city: FullCity): Promise<void> {
  mkdirSync(join(dir, 'run'), { recursive: true })
  const secret = join(dir, 'secret')
  if (!existsSync(secret)) writeFileSync(secret, randomBytes(32), { mode: 0o600 })
  const registry = await openRegistry({ file: join(dir, 'registry.db'), pepper: readFileSync(secret) })
  await fillRegistry(registry, city)
  await registry.close()
  fillAudit(join(dir, 'registry.db'), city.auditRows)
  const journal = openJournalWriter({ dir: join(dir, 'journal'), quotaBytes: 2e9 })
  await fillJournal(journal, city)
  await journal.close()
}

async function fillRegistry(registry: Registry, city: FullCity): Promise<void> {
  const ids = deviceIds(city.devices)
  for (const [n, id] of ids.entries()) {
    const place = { lat: 3.55 + (n % 70) / 1000, lon: 98.45 + (n % 71) / 1000 }
    const words = { name: longText(`Bus ${id}`, 80), opd: longText('Dinas Perhubungan', 80) }
    await registry.devices.create({ id, profile: 'trans-binjai-bus', ...place, ...words })
  }
  for (let n = 0; n < city.walls; n += 1) await registry.walls.put(`wall-${n}`, wallSettings(n))
  for (let n = 0; n < city.displays; n += 1) await registry.displays.create(`screen-${n}`)
  for (let n = 0; n < city.tokens; n += 1) await registry.tokens.create({ name: `token-${n}`, role: 'operator' })
  for (let n = 0; n < city.windows; n += 1) {
    const from = new Date(Date.now() + (n + 1) * 3_600_000).toISOString()
    const until = new Date(Date.now() + (n + 1.5) * 3_600_000).toISOString()
    await registry.maintenance.create({ deviceIds: ids, from, until, reason: longText('Semua dirawat', 200) })
  }
}

export function wallSettings(n: number): WallSettings {
  const view = (i: number): [number, number, number, number] => [(i % 8) * 1920, Math.floor(i / 8) * 1080, 1920, 1080]
  const every = Array.from({ length: maxMonitors }, (_none, i) => i)
  return {
    ...{ name: longText(`Dinding ${n}`, 64), bezelMm: 3, farthestViewerM: 5, theme: 'auto', lang: 'id' },
    playlist: Array.from({ length: 20 }, () => ({ screen: 'ringkasan', seconds: 60 })),
    tiles: every.map((i) => ({ screen: `screen-${i}`, view: view(i) })),
    monitors: every.map((i) => ({ x: view(i)[0], y: view(i)[1], w: 1920, h: 1080, diagonalIn: 46 })),
  }
}

/** Records as old years leave them: the chain is not looked at by those who read pages. */
function fillAudit(file: string, rows: number): void {
  const db = new DatabaseSync(file)
  const last = Number(db.prepare('SELECT max(seq) AS seq FROM audit').get()?.seq ?? 0)
  const insert = db.prepare(
    'INSERT INTO audit (seq, at_ms, actor, action, target, detail, previous, hash, signature) VALUES (?,?,?,?,?,?,?,?,?)',
  )
  db.exec('BEGIN')
  const mark = randomBytes(32)
  const detail = JSON.stringify({ note: longText('x', rows > 0 ? 200 : 0) })
  const long = JSON.stringify({ note: longText('x', 2000) })
  for (let n = 1; n <= rows; n += 1) {
    const text = n > rows - 1000 ? long : detail
    insert.run(last + n, Date.now(), `user:person-${n % 50}`, 'device.changed', 'full', text, mark, mark, mark)
  }
  db.exec('COMMIT')
  db.close()
}

async function fillJournal(journal: JournalWriter, { devices, crowded, history }: FullCity): Promise<void> {
  const nowMs = Date.now()
  const tell = (id: string, payload: Buffer | string, readings: number) =>
    new Promise<void>((resolve, reject) => {
      const entry = { receivedAtMs: nowMs, type: 'message', principal: id, topic: busTopic(id), readings } as const
      journal.append({ ...entry, payload: Buffer.from(payload), qos: 1, dup: false }, (error) =>
        error === undefined ? resolve() : reject(error),
      )
    })
  const told: Promise<void>[] = []
  for (let from = 0; from < history; from += 500) {
    const some = Array.from({ length: Math.min(500, history - from) }, (_none, n) => ({
      ts: nowMs - (history - from - n) * 1000,
      ...Object.fromEntries(Array.from({ length: 8 }, (_value, k) => [`value_${k}`, (from + n) / 7])),
    }))
    told.push(tell(firstDevice, JSON.stringify(some), some.length))
  }
  for (const id of deviceIds(devices)) {
    if (crowded) for (const payload of crowdedPayloads(nowMs)) told.push(tell(id, payload, 1))
    told.push(tell(id, JSON.stringify({ ts: nowMs, lat: 3.6, lon: 98.48, speed_kmh: 31.5, odometer_km: 1000 }), 1))
    if (told.length > 200) await Promise.all(told.splice(0))
  }
  // What is no JSON goes to quarantine: many small ones, then a page of large ones.
  for (let n = 0; n < 600; n += 1) told.push(tell(firstDevice, `${n} ${'x'.repeat(2000)}`, 1))
  for (let n = 0; n < 10; n += 1) told.push(tell(firstDevice, `${n} ${'x'.repeat(250_000)}`, 1))
  await Promise.all(told)
}

/** All names that a device may have, in readings of as many keys as one may have, at different times. */
function crowdedPayloads(nowMs: number): string[] {
  const known = Object.entries(dictionary).map(([name, { min, max, type }]) => [
    name,
    type === 'boolean' ? true : min + (max - min) * 0.37129,
  ])
  const others = Array.from({ length: readingLimits.otherNamesPerDevice }, (_none, n) => [
    longText(`made_up_${n}`, 30).replaceAll('·', 'x'),
    n / 7,
  ])
  const all = [...known, ...others]
  const each = readingLimits.keysPerReading - 4
  return Array.from({ length: Math.ceil(all.length / each) }, (_none, n) =>
    JSON.stringify({ ts: nowMs - 10_000 * (n + 1), ...Object.fromEntries(all.slice(n * each, (n + 1) * each)) }),
  )
}
