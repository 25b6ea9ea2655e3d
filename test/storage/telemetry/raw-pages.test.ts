import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { StoredReading } from '../../../contract/ports/telemetry.ts'
import { openSqliteStore } from '../../../storage/telemetry/sqlite/sqlite.ts'
import { morningMs } from '../../support/storage/engine-under-test.ts'
import { tempDir } from '../../support/system/temp-dir.ts'

test('raw history of many metrics comes in pages that a process can hold, and the pages are all of it', async () => {
  const store = openSqliteStore({ path: join(tempDir(), 'hot.db') })
  onTestFinished(() => store.close())
  const metrics = Object.fromEntries(Array.from({ length: 60 }, (_, n) => [`made_up_${n}`, n]))
  const one = { deviceId: 'gauge-1', kind: 'sensor', profile: 'river-gauge', areaCode: null, simulated: false } as const
  const readings = Array.from({ length: 7000 }, (_, n): StoredReading => {
    return { ...one, tsMs: morningMs + n, receivedAtMs: morningMs + n, tsSource: 'device', metrics }
  })
  await store.write(readings)
  const query = { deviceId: one.deviceId, profile: one.profile, toMs: morningMs + 7000, limit: 50_000 }
  const first = await store.range({ ...query, fromMs: morningMs })
  const points = Object.values(first.metrics).reduce((sum, { length }) => sum + length, 0)
  expect(points).toBeGreaterThan(399_900)
  expect(points).toBeLessThan(400_100)
  const rest = await store.range({ ...query, fromMs: first.nextFromMs ?? 0 })
  const moments = [first, rest].flatMap(({ metrics: found }) => found.made_up_7 ?? []).map(([ms]) => ms)
  expect(moments).toEqual(readings.map(({ tsMs }) => tsMs))
  expect(rest.nextFromMs).toBeUndefined()
})
