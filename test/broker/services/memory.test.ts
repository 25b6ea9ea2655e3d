import { pino } from 'pino'
import { expect, test } from 'vitest'
import { createHookGuard } from '../../../broker/auth/hook-guard.ts'
import { createRefusals } from '../../../broker/inbound/refusals.ts'
import { createOwed } from '../../../broker/services/owed.ts'
import { createToldStates } from '../../../broker/services/told-states.ts'
import { createWorkQueue } from '../../../broker/services/work-queue.ts'
import type { StateLine } from '../../../contract/feed.ts'
import type { FollowStates } from '../../../contract/ports/feed.ts'
import { openDoor } from '../../support/broker/door.ts'
import { statusOf } from '../../support/broker/door-facts.ts'
import { busTopic } from '../../support/broker/raw-mqtt.ts'
import { openService } from '../../support/broker/service.ts'

test('once everybody has left nothing is handed out, and ingest is asked for nothing after a while', {
  timeout: 40_000,
}, async () => {
  const door = await openDoor()
  const bus = await door.connect('bus-07', await door.register('bus-07', 'trans-binjai-bus'))
  const services = await Promise.all(['a', 'b', 'c'].map((name) => openService(door, ['binjai/v1/#'], name)))
  for (const service of services) await service.subscribe('binjai/v1/#')
  await bus.publishAsync(busTopic('bus-07'), '{"speed_kmh":1}', { qos: 1 })
  for (const service of services) await expect.poll(() => service.heard.length).toBeGreaterThan(0)
  const status = async () => (await statusOf(door)).services
  expect((await status()).connections.length).toBe(3)
  for (const { client } of services) await client.endAsync()
  await expect.poll(async () => (await status()).connections).toEqual([])
  await expect.poll(async () => (await status()).states, { timeout: 20_000 }).toBe('off')
  await bus.publishAsync(busTopic('bus-07'), '{"speed_kmh":2}', { qos: 1 })
  expect((await status()).totals.map(({ connections }) => connections)).toEqual([0, 0, 0])
})

test('20,000 devices that are told twice are kept once, and none of them once they are gone', async () => {
  let tell: (line: StateLine) => void = () => undefined
  const follow: FollowStates = ({ line }) => {
    tell = line
    return () => undefined
  }
  const guard = createHookGuard({ refusals: createRefusals(Date.now), log: pino({ level: 'silent' }) })
  const states = createToldStates({ follow, changed: owedChanged, current: () => undefined, now: Date.now })
  const owed = createOwed({
    topicRoot: 'binjai/v1',
    left: { of: () => undefined, topics: () => [] },
    hub: () => ({ hearersOf: () => [], all: () => [] }),
    states: () => states,
    guard,
    turns: createWorkQueue(guard),
  })
  function owedChanged(device: string, isFirst: boolean): void {
    owed.stateChanged(device, isFirst)
  }
  states.want(true)
  const ids = Array.from({ length: 20_000 }, (_none, n) => `bus-${n}`)
  for (let round = 0; round < 2; round += 1) {
    tell({ type: 'begin' })
    for (const id of ids) {
      const told = { state: 'online', metrics: { speed_kmh: round } } as const
      tell({ type: 'state', kind: 'bus', id, atMs: Date.now(), told })
    }
    tell({ type: 'end' })
  }
  expect(states.size).toBe(ids.length)
  tell({ type: 'begin' })
  tell({ type: 'end' })
  await expect
    .poll(() => {
      owed.tidy()
      return states.size
    })
    .toBe(0)
  states.stop()
})
