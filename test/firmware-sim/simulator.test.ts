import { pino } from 'pino'
import { describe, expect, onTestFinished, test } from 'vitest'
import { cityFleet } from '../../firmware-sim/fleet.ts'
import type { FleetDevice } from '../../firmware-sim/fleet-device.ts'
import { type RunningSimulator, type SimulatorOptions, startSimulator } from '../../firmware-sim/simulator.ts'
import { readSite } from '../../firmware-sim/site-folder.ts'
import { syntheticFleet } from '../../firmware-sim/synthetic-fleet.ts'
import { type Heard, hasMosquitto, listen, startAedes, startMosquitto } from './brokers.ts'
import { quiet } from './life.ts'

const siteDir = 'contract/site/binjai'
const site = await readSite(siteDir)
const city = cityFleet({ site, seed: 1 })
const buses = city.filter(({ kind }) => kind === 'bus')

async function simulate(
  options: Pick<SimulatorOptions, 'url' | 'fleet'> & Partial<SimulatorOptions>,
): Promise<RunningSimulator> {
  const simulator = await startSimulator({ seed: 1, topicRoot: 'binjai/v1', log: quiet, siteDir, ...options })
  onTestFinished(() => simulator.close())
  return simulator
}

/** Sequence numbers heard of each device, arrays taken apart, twice heard once. */
function sequences(heard: readonly Heard[]): Map<string, Set<number>> {
  const found = new Map<string, Set<number>>()
  for (const { topic, text } of heard) {
    if (!topic.endsWith('/telemetry')) continue
    const id = topic.split('/').at(-2) ?? ''
    const seen = found.get(id) ?? new Set()
    for (const { seq } of [JSON.parse(text)].flat()) seen.add(seq)
    found.set(id, seen)
  }
  return found
}

const statusesOf = (heard: readonly Heard[], { id }: FleetDevice) =>
  heard.filter(({ topic }) => topic.endsWith(`/${id}/status`)).map(({ text }) => JSON.parse(text))

describe.skipIf(!hasMosquitto())('against the real Mosquitto (skipped where it is not installed)', () => {
  test('fifty devices connect, say that they are online, report at the rate asked for, and say goodbye', async () => {
    const { url } = await startMosquitto()
    const heard = await listen(url)
    const fleet = syntheticFleet({ count: 50, seed: 1, site })
    const simulator = await simulate({ url, fleet, rate: 4 })
    await expect.poll(() => simulator.stats().connected, { timeout: 10_000 }).toBe(50)
    const before = simulator.stats().acknowledged
    const startMs = performance.now()
    await expect.poll(() => simulator.stats().acknowledged, { timeout: 15_000 }).toBeGreaterThan(before + 600)
    const perS = ((simulator.stats().acknowledged - before) * 1000) / (performance.now() - startMs)
    expect(perS).toBeGreaterThan(100)
    expect(perS).toBeLessThan(300)
    await simulator.close()
    const { measured, acknowledged, inFlight, dropped, failed } = simulator.stats()
    expect([acknowledged + inFlight + dropped, failed]).toEqual([measured, 0])
    for (const { id } of fleet) expect(sequences(heard).get(id)?.size, id).toBeGreaterThan(3)
    for (const device of fleet) {
      await expect
        .poll(() => statusesOf(heard, device))
        .toEqual([{ status: 'online' }, { status: 'offline', reason: 'stopped' }])
    }
  })
})

describe('against Aedes', () => {
  test('a storm: every Will is told, all come back, and not one reading is lost', async () => {
    const { url } = await startAedes()
    const heard = await listen(url)
    const scenarios = [{ id: 'reconnect-storm', atS: 3, durationS: 2 }]
    const simulator = await simulate({ url, fleet: buses, rate: 5, scenarios })
    await expect.poll(() => simulator.stats().connected, { timeout: 5000 }).toBe(buses.length)
    await expect.poll(() => simulator.stats().connected, { timeout: 5000 }).toBe(0)
    await expect.poll(() => simulator.stats().connected, { timeout: 10_000 }).toBe(buses.length)
    await expect.poll(() => simulator.stats().inFlight, { timeout: 5000 }).toBeLessThan(10)
    await simulator.close()
    expect(simulator.stats()).toMatchObject({ dropped: 0 })
    for (const bus of buses) {
      expect(statusesOf(heard, bus)).toContainEqual({ status: 'offline', reason: 'will' })
      const seen = [...(sequences(heard).get(bus.id) ?? [])].sort((a, b) => a - b)
      expect(seen).toEqual(seen.map((_, index) => index + 1))
    }
    expect(heard.some(({ topic, text }) => topic.endsWith('/telemetry') && text.startsWith('['))).toBe(true)
  })

  test('what was not acknowledged is sent again on the next connection', async () => {
    const { url, aedes, dropAll } = await startAedes()
    const heard = await listen(url)
    const stall: { on: boolean } = { on: true }
    aedes.authorizePublish = (_, packet, done) => {
      if (!stall.on || !packet.topic.endsWith('/telemetry')) done(null)
    }
    const [bus] = buses
    const fleet = bus === undefined ? [] : [bus]
    const simulator = await simulate({ url, fleet, rate: 20 })
    await expect.poll(() => simulator.stats().published, { timeout: 5000 }).toBeGreaterThan(9)
    expect(simulator.stats().acknowledged).toBe(0)
    stall.on = false
    dropAll()
    const again = await listen(url)
    await expect.poll(() => simulator.stats().acknowledged, { timeout: 10_000 }).toBeGreaterThan(30)
    await simulator.close()
    expect(simulator.stats().resent).toBeGreaterThan(9)
    const seen = [...(sequences([...heard, ...again]).get(bus?.id ?? '') ?? [])].sort((a, b) => a - b)
    expect(seen).toEqual(seen.map((_, index) => index + 1))
  })

  test('a refused key is tried again, later and later, and said in the log', async () => {
    const { url, aedes } = await startAedes()
    const tries: number[] = []
    aedes.authenticate = (client, username, password, done) => {
      tries.push(performance.now())
      expect([client.id, username, password?.toString()]).toEqual(['sim-bus-01', 'sim-bus-01', 'wrong'])
      // 4: bad user name or password [MQTT-3.2.2.3]. Aedes wants it on the error.
      done(Object.assign(new Error('no'), { returnCode: 4 }), false)
    }
    const lines: string[] = []
    const log = pino({}, { write: (line) => lines.push(line) })
    const keys = new Map([['sim-bus-01', 'wrong']])
    const simulator = await simulate({ url, fleet: buses.slice(0, 1), keys, log })
    await expect.poll(() => tries.length, { timeout: 15_000 }).toBe(4)
    expect(simulator.stats()).toMatchObject({ connected: 0, acknowledged: 0 })
    expect(simulator.stats().failed).toBeGreaterThanOrEqual(3)
    expect(lines.some((line) => line.includes('cannot connect'))).toBe(true)
  })
})
