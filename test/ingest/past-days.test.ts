import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { JournalBatch } from '../../contract/ports/journal.ts'
import type { StoredReading } from '../../contract/ports/telemetry.ts'
import { openColdFiles } from '../../storage/telemetry/cold/cold-files.ts'
import { createSealedLookup } from '../../storage/telemetry/cold/sealed-lookup.ts'
import { openSqliteStore } from '../../storage/telemetry/sqlite/sqlite.ts'
import {
  batchesOf,
  countersOf,
  dyingBefore,
  type EngineUnderTest,
  message,
  morningMs,
  openEngine,
  reached,
} from '../support/storage/engine-under-test.ts'
import { tempDir } from '../support/system/temp-dir.ts'

const dayMs = 86_400_000
const gaugeTopic = 'binjai/v1/sensor/gauge-1/telemetry'
const days = 12
const burstDays = 8
const died = /died/

/** Sealed days that hold one moment of the bus and one of the gauge, and a lookup that unpacks eight for each. */
async function sealedDays() {
  const dir = tempDir()
  const store = openSqliteStore({
    path: join(dir, 'hot.db'),
    sealing: { sealAfterMs: 6 * 3_600_000, now: () => morningMs },
  })
  for (let day = 0; day < days; day += 1) await store.write([sealedOf('bus-07', day), sealedOf('gauge-1', day)])
  await store.settle()
  await store.close()
  const cold = openColdFiles(dir)
  onTestFinished(() => cold.close())
  const clock = { nowMs: 0 }
  const share = { maxBytes: 1e6, maxOfOwner: 1e5 }
  const limits = { chunks: share, moments: share, burstDays, daysPerS: 4, maxDevices: 10 }
  const open = (through?: ReturnType<typeof dyingBefore>) => {
    const lookup = createSealedLookup(cold, { now: () => clock.nowMs, limits })
    const closedDays = { isPast: (ms: number) => ms + 2 * dayMs <= morningMs, sealedRow: lookup.row }
    const under = openEngine(dir, { closedDays, ...(through && { through }) })
    onTestFinished(() => {
      if (under.db.isOpen) under.close()
    })
    return under
  }
  return { open, clock }
}

const dayAt = (day: number) => morningMs - (day + 3) * dayMs

function sealedOf(deviceId: string, day: number): StoredReading {
  const isBus = deviceId === 'bus-07'
  return {
    deviceId,
    kind: isBus ? 'bus' : 'sensor',
    profile: isBus ? 'trans-binjai-bus' : 'river-gauge',
    areaCode: null,
    tsMs: dayAt(day),
    receivedAtMs: dayAt(day),
    tsSource: 'device',
    simulated: false,
    metrics: isBus ? { speed_kmh: 10 } : { water_level_m: 1 },
  }
}

function takeRest(under: EngineUnderTest, batches: readonly JournalBatch[]): void {
  under.engine.processBatches(batches.filter(({ seq }) => seq > reached(under)))
}

/** One message of the bus that names each day once, with moments that the store does not have. */
const ofEachDay = () => Array.from({ length: days }, (_, day) => ({ ts: dayAt(day) + 1000, speed_kmh: 20 + day }))
const ofGauge = () =>
  message(
    [
      { ts: dayAt(9) + 1, water_level_m: 2 },
      { ts: dayAt(10), water_level_m: 1 },
    ],
    { topic: gaugeTopic },
  )

describe('a device that names one past day after the other', () => {
  test('is refused past its days, with the bytes; others of the same batch are not', async () => {
    const { open } = await sealedDays()
    const under = open()
    under.engine.processBatches(batchesOf([[message(ofEachDay()), ofGauge()]]))
    expect(countersOf(under)).toEqual({
      received: days + 2,
      stored: burstDays + 1,
      duplicates: 1,
      rejected: { 'too-many-past-days': days - burstDays },
      waiting: 0,
    })
    const [row, ...more] = under.db.prepare('SELECT device, reason, n, payload FROM quarantine').all()
    expect(more).toEqual([])
    expect(row).toMatchObject({ device: 'bus-07', reason: 'too-many-past-days', n: days - burstDays })
    expect(JSON.parse(Buffer.from(row?.payload as Uint8Array).toString())).toEqual(ofEachDay().slice(burstDays))
  })

  test('sends it again and is told a duplicate, with the same mark under way', async () => {
    const { open } = await sealedDays()
    const under = open()
    const sent = message(ofEachDay(), { packetId: 5 })
    under.engine.processBatches(batchesOf([[sent], [{ ...sent, dup: true }]]))
    expect(countersOf(under)).toMatchObject({
      received: 2 * days,
      duplicates: days,
      rejected: { 'too-many-past-days': days - burstDays },
    })
  })

  test('can be tried again from quarantine, out of the same allowance', async () => {
    const { open, clock } = await sealedDays()
    const under = open()
    under.engine.processBatches(batchesOf([[message(ofEachDay())]]))
    expect(under.engine.retry(1)?.result).toEqual({ outcome: 'rejected', reason: 'too-many-past-days' })
    clock.nowMs += 500
    expect(under.engine.retry(1)?.result).toEqual({ outcome: 'stored', reason: 'too-many-past-days' })
    expect(countersOf(under)).toMatchObject({ stored: burstDays + 2, rejected: { 'too-many-past-days': 2 } })
    clock.nowMs += 500
    expect(under.engine.retry(2)?.result).toEqual({ outcome: 'stored', reason: null })
    expect(countersOf(under)).toEqual({ received: days, stored: days, duplicates: 0, rejected: {}, waiting: 0 })
  })

  test('is counted once, wherever ingest dies over its batch and reads it again', async () => {
    const { open } = await sealedDays()
    const batches = batchesOf([[message(ofEachDay()), ofGauge()]])
    let deaths = 0
    for (let call = 1; deaths === call - 1; call += 1) {
      try {
        const under = open(dyingBefore(call))
        takeRest(under, batches)
        under.close()
      } catch (error) {
        expect(error).toMatchObject({ message: expect.stringMatching(died) })
        deaths += 1
      }
    }
    expect(deaths).toBeGreaterThan(50)
    const under = open()
    takeRest(under, batches)
    expect(countersOf(under)).toEqual({
      received: days + 2,
      stored: burstDays + 1,
      duplicates: 1,
      rejected: { 'too-many-past-days': days - burstDays },
      waiting: 0,
    })
  })
})
