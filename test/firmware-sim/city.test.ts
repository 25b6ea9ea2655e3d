import { expect, onTestFinished, test } from 'vitest'
import { cityFleet } from '../../firmware-sim/fleet.ts'
import { newDevice } from '../../firmware-sim/fleet-device.ts'
import { startSimulator } from '../../firmware-sim/simulator.ts'
import { readSite } from '../../firmware-sim/site-folder.ts'
import { openDoor } from '../support/broker/door.ts'
import { quiet } from './life.ts'

const siteDir = 'contract/site/binjai'

test('the whole city speaks to our own broker: every acknowledged reading is in the books, nonsense in quarantine', async () => {
  const door = await openDoor()
  const fleet = cityFleet({ site: await readSite(siteDir), seed: 1 })
  const keys = new Map<string, string>()
  for (const device of fleet) {
    const { device: record, key } = await door.registry.devices.create(newDevice(device))
    keys.set(device.id, key)
    expect([record.kind, record.simulated, record.areaCode]).toEqual([device.kind, true, device.areaCode])
  }
  const simulator = await startSimulator({
    url: `mqtt://127.0.0.1:${door.port}`,
    fleet,
    keys,
    rate: 1,
    seed: 1,
    scenarios: [
      { id: 'garbage', atS: 2, params: { count: 20 } },
      { id: 'skewed-clock', atS: 2, params: { count: 9 } },
      { id: 'reconnect-storm', atS: 5, durationS: 1 },
    ],
    topicRoot: 'binjai/v1',
    log: quiet,
    siteDir,
  })
  onTestFinished(() => simulator.close())
  await expect.poll(() => simulator.stats().connected, { timeout: 10_000 }).toBe(fleet.length)
  await expect.poll(() => simulator.stats().acknowledged, { timeout: 20_000 }).toBeGreaterThan(4000)
  await expect.poll(() => simulator.stats().connected, { timeout: 10_000 }).toBe(fleet.length)
  await simulator.close()
  const { measured, acknowledged, inFlight, dropped } = simulator.stats()
  expect(acknowledged + inFlight + dropped).toBe(measured)

  await expect.poll(async () => (await door.reader.counters()).waiting, { timeout: 10_000 }).toBe(0)
  const { received, stored, duplicates, rejected } = await door.reader.counters()
  const refused = Object.values(rejected).reduce((sum, count) => sum + count, 0)
  expect(received).toBe(stored + duplicates + refused)
  expect(stored + duplicates + refused).toBeGreaterThanOrEqual(acknowledged)
  for (const reason of ['not-json', 'invalid-metric', 'implausible', 'invalid-time']) {
    expect(rejected[reason] ?? 0, reason).toBeGreaterThan(0)
  }
}, 60_000)
