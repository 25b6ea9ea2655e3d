import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test } from 'vitest'
import { ageLimits } from '../../domain/device-state.ts'
import { readStates } from '../../storage/telemetry/states/read-states.ts'
import { openDoor } from '../support/broker/door.ts'

test('broker and ingest alone tell that a device is silent, for the moment at which it was', async () => {
  const door = await openDoor()
  const { device, key } = await door.registry.devices.create({ id: 'cam-1', profile: 'ip-camera', expectedS: 1 })
  const client = await door.connect(device.id, key)
  const sentMs = Date.now()
  await client.publishAsync('binjai/v1/cctv/cam-1/telemetry', '{"fps":25}', { qos: 1 })
  const db = new DatabaseSync(join(door.dir, 'store', 'hot.db'), { readOnly: true, timeout: 5000 })
  onTestFinished(() => db.close())
  const told = () => {
    const nowMs = Date.now()
    const asked = { deviceId: device.id, fromMs: sentMs - 1000, toMs: nowMs, limit: 100 }
    return readStates(db, asked, nowMs).periods.filter(({ state }) => state !== 'unknown')
  }
  await expect.poll(() => told().map(({ state }) => state), { timeout: 15_000 }).toEqual(['online', 'stale'])
  const [online] = told()
  const { staleMs } = ageLimits({ expectedMs: 1000, moving: false })
  expect((online?.toMs ?? 0) - (online?.fromMs ?? 0)).toBe(staleMs)
})
