import { expect, test } from 'vitest'
import type { Readings } from '../../contract/http/readings.ts'
import { mqttLoad } from '../support/broker/mqtt-load.ts'
import { expectBalance, type Role, startSystem } from '../support/system/system.ts'

const rounds = 10

test.each<Role>(['broker', 'ingest', 'api'])(
  'kill -9 of the %s under load, ten rounds: every acknowledged message is in the store, and it is back by itself',
  async (role) => {
    const system = await startSystem()
    const api = await system.login()
    const key = await system.addDevice('bus-07', 'trans-binjai-bus')
    const load = mqttLoad({ port: system.mqtt, id: 'bus-07', key, topic: 'binjai/v1/bus/bus-07/telemetry' })
    for (let round = 0; round < rounds; round += 1) {
      const before = load.acknowledged.length
      await expect.poll(() => load.acknowledged.length, { timeout: 10_000 }).toBeGreaterThan(before + 200)
      const pid = system.pid(role)
      if (pid === undefined) throw new Error(`no process of ${role}`)
      process.kill(pid, 'SIGKILL')
      await expect
        .poll(() => ![undefined, pid].includes(system.pid(role)) && system.isReady(), { timeout: 10_000, interval: 20 })
        .toBe(true)
    }
    const acknowledged = await load.stop()
    await expect.poll(async () => (await api.pipeline()).waiting, { timeout: 10_000 }).toBe(0)
    const stored = new Set<number>()
    let from: string | undefined = new Date(acknowledged[0] ?? 0).toISOString()
    while (from !== undefined) {
      const page: Readings = await api.get<Readings>(`/devices/bus-07/readings?from=${from}&to=2100-01-01T00:00:00Z`)
      for (const [ms] of page.metrics.odometer_km ?? []) stored.add(ms)
      from = page.nextFrom
    }
    const lost = acknowledged.filter((ms) => !stored.has(ms))
    expect({ lost: lost.length, first: lost[0] }).toEqual({ lost: 0, first: undefined })
    const pipeline = await api.pipeline()
    expectBalance(pipeline)
    expect(pipeline.stored).toBe(stored.size)
  },
  60_000,
)
