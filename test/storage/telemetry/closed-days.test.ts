import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import type { StoredReading } from '../../../contract/ports/telemetry.ts'
import { inTransaction, openHotDatabase } from '../../../storage/telemetry/sqlite/sqlite-open.ts'
import { createSqliteWriter } from '../../../storage/telemetry/sqlite/sqlite-writer.ts'
import { tempDir } from '../../support/system/temp-dir.ts'

const dayMs = 86_400_000
const todayMs = Date.UTC(2026, 10, 21, 1)

const reading = (tsMs: number): StoredReading => ({
  ...{ deviceId: 'gauge-1', kind: 'sensor', profile: 'river-gauge', areaCode: null, simulated: false },
  ...{ tsMs, receivedAtMs: todayMs, tsSource: 'device', metrics: { water_level_m: 1.5 } },
})

test('a closed day is looked for once, however many of them one device names in turn', () => {
  const db = openHotDatabase(join(tempDir(), 'hot.db'))
  const writer = createSqliteWriter(db, { isPast: (ms) => ms + 2 * dayMs < todayMs })
  const year = (atMs: number) =>
    inTransaction(db, () => {
      for (let day = 3; day <= 365; day++) expect(writer.write(reading(todayMs - day * dayMs + atMs))).toBe('stored')
    })
  year(0)
  const prepare = vi.spyOn(db, 'prepare')
  year(1)
  expect(prepare).not.toHaveBeenCalled()
  expect(db.prepare('SELECT count(*) AS n FROM late').get()).toEqual({ n: 2 * 363 })
  db.close()
})
