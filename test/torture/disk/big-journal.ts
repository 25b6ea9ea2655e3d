import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { openActive, type PackedBatch } from '../../../storage/journal/active-segment.ts'
import { frameBytes, writeFrame } from '../../../storage/journal/frame.ts'
import { segmentPath } from '../../../storage/journal/segment.ts'
import { message } from '../../support/storage/engine-under-test.ts'
import { registerBuses, startWholeSystem } from '../../support/system/whole-system.ts'
import { startPublishers } from '../publishers.ts'
import type { Scenario, Trial } from '../scenario.ts'
import { earlierTodayMs } from '../stored.ts'

const fullBytes = 1024 ** 3
const batchBytes = 512 * 1024
const batchesPerSegment = 128

/** Messages of one device, about half a megabyte of them. */
function packedBatch(): PackedBatch {
  const entry = message({ ts: Date.now() - 60_000, odometer_km: 1 }, { topic: 'binjai/v1/bus/bus-0/telemetry' })
  const each = frameBytes(entry)
  const count = Math.floor(batchBytes / each)
  const body = Buffer.alloc(each * count)
  for (let at = 0; at < body.length; at += each) writeFrame(body, at, entry)
  return { entries: count, readings: count, body: new Uint8Array(body) }
}

async function run({ dir, scale, log }: Trial) {
  const devices = await registerBuses(dir, ['bus-0', 'bus-1'])
  const folder = join(dir, 'journal')
  mkdirSync(folder)
  const batch = packedBatch()
  const batches = Math.max(1, Math.round((fullBytes * scale) / batch.body.byteLength))
  let written = 0
  while (written < batches) {
    const firstSeq = written + 1
    const active = openActive({ path: segmentPath(folder, firstSeq), firstSeq }, written * batch.readings)
    for (let n = 0; n < batchesPerSegment && written < batches; n += 1) {
      active.commit([batch])
      written += 1
    }
    active.close()
    log(`${written} of ${batches} batches written`)
    await setImmediate()
  }
  log('starting on it')
  const system = await startWholeSystem({ dir, withinMs: 120_000 })
  try {
    const load = startPublishers({ port: system.mqtt, devices: devices.slice(1), window: 1, firstMs: earlierTodayMs() })
    const startedMs = performance.now()
    while (load.acknowledgedCount() === 0) await new Promise((resolve) => setTimeout(resolve, 5))
    const firstAckMs = performance.now() - startedMs
    await load.stop()
    const timed = { unit: 'ms', better: 'less', timed: true } as const
    const megabytes = (batches * batch.body.byteLength) / 1024 ** 2
    return [
      { what: 'journal that ingest has not read', reached: megabytes, unit: 'MB', better: 'more' } as const,
      { what: 'start to ready with it', reached: system.readyMs, asked: 10_000, ...timed },
      { what: 'from ready to the first acknowledgement', reached: firstAckMs, ...timed },
    ]
  } finally {
    await system.kill()
  }
}

export const bigJournal: Scenario = {
  name: 'big-journal',
  promise: 'However much waits in the journal, a start takes at most 10 s.',
  how: 'A gigabyte of messages that ingest has not read yet is written into the journal, then the system is started.',
  minutes: 0.5,
  quickScale: 0,
  run,
}
