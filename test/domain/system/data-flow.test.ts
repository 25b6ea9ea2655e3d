import { expect, test } from 'vitest'
import type { Pipeline } from '../../../contract/http/pipeline.ts'
import {
  type CityFlow,
  canaryLostMs,
  dataStopped,
  dataStoppedAfterMs,
  readingsPerSecond,
} from '../../../domain/system/data-flow.ts'
import { firstPipeline } from '../../support/city/scripted-pipeline.ts'

const bus = { state: 'online', expectedMs: 5000 } as const
const gauge = { state: 'online', expectedMs: 60_000 } as const
const city = (more: Partial<CityFlow> = {}): CityFlow => ({ devices: [bus], dataAgeMs: 0, canaryAgeMs: null, ...more })

function pipeline(broker: Partial<Pipeline['broker']> = {}, ingestUp = true): Pipeline {
  const running = firstPipeline()
  return { ...running, broker: { ...running.broker, ...broker }, ingest: { up: ingestUp, countedAt: null } }
}

test('a canary on time says that the way is open, one that is late that it is not', () => {
  expect(dataStopped(city({ canaryAgeMs: canaryLostMs }), pipeline())).toBeNull()
  const late = city({ devices: [], dataAgeMs: null, canaryAgeMs: canaryLostMs + 1 })
  expect(dataStopped(late, pipeline())).toEqual({ cause: 'path', ageMs: canaryLostMs + 1 })
})

test('a part that is down is the cause before anything else is', () => {
  const silent = city({ dataAgeMs: 99_000, canaryAgeMs: 98_000 })
  expect(dataStopped(silent, pipeline({ up: false }, false))).toEqual({ cause: 'broker', ageMs: 98_000 })
  expect(dataStopped(silent, pipeline({}, false))).toEqual({ cause: 'ingest', ageMs: 98_000 })
})

test('connected devices are given three of their shortest intervals, and 15 s at least', () => {
  const at = (devices: CityFlow['devices'], dataAgeMs: number) => dataStopped(city({ devices, dataAgeMs }), pipeline())
  expect(at([bus, gauge], dataStoppedAfterMs)).toBeNull()
  expect(at([bus, gauge], dataStoppedAfterMs + 1)).toEqual({ cause: 'silence', ageMs: dataStoppedAfterMs + 1 })
  expect(at([gauge], 180_000)).toBeNull()
  expect(at([gauge], 180_001)).toMatchObject({ cause: 'silence' })
  // A bus that has gone is no reason to expect its interval.
  expect(at([{ ...bus, state: 'offline' }, gauge], 60_000)).toBeNull()
})

test('nothing is expected while nobody is connected, nothing was heard yet, or the counters are not known', () => {
  expect(dataStopped(city({ dataAgeMs: 99_000 }), pipeline({ connected: 0 }))).toBeNull()
  expect(dataStopped(city({ dataAgeMs: null }), pipeline())).toBeNull()
  expect(dataStopped(city({ dataAgeMs: 99_000 }), null)).toBeNull()
})

test('a rate is told between two looks, not over a restart of the counters', () => {
  expect(readingsPerSecond({ atMs: 0, received: 100 }, { atMs: 4000, received: 180 })).toBe(20)
  expect(readingsPerSecond(null, { atMs: 4000, received: 180 })).toBeNull()
  expect(readingsPerSecond({ atMs: 4000, received: 100 }, { atMs: 4000, received: 180 })).toBeNull()
  expect(readingsPerSecond({ atMs: 0, received: 181 }, { atMs: 4000, received: 180 })).toBeNull()
})
