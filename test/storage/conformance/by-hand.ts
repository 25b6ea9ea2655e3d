import { expect } from 'vitest'
import type { StoredManual } from '../../../contract/ports/telemetry.ts'
import { baseMs, hourMs, reading, type StoreTests, wholeDay } from './store-test.ts'

function byHand(over: Partial<StoredManual> = {}): StoredManual {
  const { deviceId, kind, profile, areaCode, simulated } = reading()
  const device = { deviceId, kind, profile, areaCode, simulated }
  const what = { atMs: baseMs, receivedAtMs: baseMs + 60_000, metrics: { water_level_m: 2.34 } }
  return { ...device, ...what, author: 'siti', role: 'operator', note: null, ...over }
}

const told = ({ atMs, receivedAtMs, author, role, metrics, note }: StoredManual) => ({
  ...{ atMs, receivedAtMs, author, role, metrics, note },
})

const question = { deviceId: 'gauge-1', fromMs: baseMs - hourMs, toMs: baseMs + hourMs }

/** Readings by hand, of a store that keeps them. */
export const byHandTests: StoreTests = {
  'keeps a reading by hand with its author, apart from what was measured': async ({ store }) => {
    const note = 'arus "deras", \\ sampah\u00e9'
    const kept = byHand({ note, metrics: { water_level_m: 2.34, battery_v: 12.5 } })
    await store.write([reading({ metrics: { water_level_m: 1 } })])
    for (const _time of [1, 2])
      expect(await store.writeHistory?.({ states: [], events: [], manual: [kept] })).toEqual([])
    expect(await store.manual(question)).toEqual([told(kept)])
    expect((await store.range(wholeDay)).metrics).toEqual({ water_level_m: [[baseMs, 1]] })
    const everyMs = 10 * 60_000
    expect((await store.range({ ...wholeDay, everyMs, aggregate: 'count' })).metrics).toEqual({
      water_level_m: [[baseMs, 1]],
    })
    const asked = { profile: 'river-gauge', metric: 'water_level_m', fromMs: baseMs, toMs: baseMs + hourMs, everyMs }
    expect((await store.city(asked)).map(({ n, max }) => [n, max])).toEqual([[1, 1]])
    expect((await store.latest()).map(({ metrics }) => metrics)).toEqual([{ water_level_m: 1 }])
  },

  'gives the readings by hand of one device and span, oldest first': async ({ store }) => {
    const manual = [hourMs, 0, -hourMs, -hourMs - 1].map((ms) => byHand({ atMs: baseMs + ms }))
    const other = byHand({ deviceId: 'gauge-2' })
    await store.writeHistory?.({ states: [], events: [], manual: [...manual, other] })
    expect((await store.manual(question)).map(({ atMs }) => atMs - baseMs)).toEqual([-hourMs, 0])
    expect(await store.manual({ ...question, deviceId: 'gauge-3' })).toEqual([])
  },

  'takes a correction of the same author and moment in its place': async ({ store }) => {
    const wrong = byHand({ metrics: { water_level_m: 23.4 }, note: 'sore' })
    const right = byHand({ receivedAtMs: baseMs + 90_000, note: 'sore' })
    for (const one of [wrong, right]) await store.writeHistory?.({ states: [], events: [], manual: [one] })
    expect(await store.manual(question)).toEqual([told(right)])
  },
}
