import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { mqttLoad } from '../support/broker/mqtt-load.ts'
import { expectBalance, startSystem } from '../support/system/system.ts'

test('while ingest stands still and is killed, the pipeline answers, balances, and counts what is acknowledged', async () => {
  const system = await startSystem()
  const api = await system.login()
  const key = await system.addDevice('bus-07', 'trans-binjai-bus')
  const load = mqttLoad({ port: system.mqtt, id: 'bus-07', key, topic: 'binjai/v1/bus/bus-07/telemetry' })
  await expect.poll(() => load.acknowledged.length, { timeout: 10_000 }).toBeGreaterThan(200)

  /** Every answer balances, and has at least what was acknowledged before it was asked for. */
  async function look() {
    const acknowledged = load.acknowledged.length
    const pipeline = await api.pipeline()
    expectBalance(pipeline)
    expect(pipeline.received).toBeGreaterThanOrEqual(acknowledged)
    return pipeline
  }

  const pid = system.pid('ingest') ?? 0
  process.kill(pid, 'SIGSTOP')
  // What it had said when it was stopped may still be on its way.
  await sleep(200)
  const stopped = await look()
  for (let n = 0; n < 10; n += 1) {
    await sleep(100)
    const { stored, ingest } = await look()
    expect([stored, ingest.countedAt]).toEqual([stopped.stored, stopped.ingest.countedAt])
  }
  expect((await look()).waiting).toBeGreaterThan(stopped.waiting)

  process.kill(pid, 'SIGKILL')
  let away = 0
  await expect
    .poll(
      async () => {
        const { ingest } = await look()
        if (!ingest.up) away += 1
        return ingest.up && ![undefined, pid].includes(system.pid('ingest'))
      },
      { timeout: 10_000, interval: 20 },
    )
    .toBe(true)
  expect(away).toBeGreaterThan(0)
  const { length } = await load.stop()
  await expect.poll(look, { timeout: 10_000 }).toMatchObject({ received: length, stored: length, waiting: 0 })
}, 60_000)
