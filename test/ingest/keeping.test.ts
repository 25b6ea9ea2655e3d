import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { createStorageWatch } from '../../ingest/storage-watch.ts'
import { batchesOf, countersOf, message, morningMs, openEngine } from '../support/storage/engine-under-test.ts'
import { tempDir } from '../support/system/temp-dir.ts'

const dayMs = 86_400_000

function open(retentionMs?: number) {
  const opened = openEngine(tempDir(), retentionMs === undefined ? {} : { retentionMs })
  onTestFinished(opened.close)
  return opened
}

test('what is older than the retention is not taken, and days past it go', () => {
  for (const [days, stored] of [
    [2, 1],
    [30, 2],
  ] as const) {
    const under = open(days * dayMs)
    const entries = [5, 0].map((age) => message({ ts: morningMs - age * dayMs, speed_kmh: age }))
    under.engine.processBatches(batchesOf([entries]))
    expect(countersOf(under)).toMatchObject({ stored })
  }
})

test('events are kept as long as they are to be, whatever becomes of readings', () => {
  const under = open()
  const events = [5, 0].map((age) =>
    message(
      { type: 'x', ts: morningMs - age * dayMs },
      { topic: 'binjai/v1/bus/bus-07/event', receivedAtMs: morningMs - age * dayMs },
    ),
  )
  under.engine.processBatches(batchesOf([events]))
  const left = () => Number(under.db.prepare('SELECT count(*) AS n FROM event').get()?.n)
  under.engine.dropBefore({ telemetryMs: morningMs, eventsMs: morningMs - 10 * dayMs })
  expect(left()).toBe(2)
  under.engine.dropBefore({ telemetryMs: morningMs, eventsMs: morningMs - 2 * dayMs })
  expect(left()).toBe(1)
})

test('less free disk than is asked for is told', () => {
  const dir = tempDir()
  const { db, engine, close } = openEngine(dir)
  onTestFinished(close)
  const watch = (floorBytes: number) =>
    createStorageWatch({
      ...{ db, storePath: join(dir, 'hot.db'), ledger: engine.ledger },
      sealer: { status: () => ({ coldBytes: 0, overBudget: false, fault: null }) },
      limits: { budgetBytes: undefined, floorBytes, outboxBytes: 1 },
    })()
  expect(watch(0).low).toBe(false)
  expect(watch(1e18).low).toBe(true)
})
