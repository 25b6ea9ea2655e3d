import { expect, onTestFinished } from 'vitest'
import { StoreUnavailableError } from '../../../contract/ports/telemetry.ts'
import {
  baseMs,
  byDevice,
  cityQuery,
  dayMs,
  inOrder,
  minuteMs,
  reading,
  type StoreTests,
  wholeDay,
} from './store-test.ts'

export const lifeTests: StoreTests = {
  'forgets what is older than the retention': async ({ store }) => {
    const days = [-3, -2, -1, 0]
    await store.write(days.map((day) => reading({ tsMs: baseMs + day * dayMs, metrics: { water_level_m: day } })))
    await store.dropBefore(Math.floor((baseMs - dayMs) / dayMs) * dayMs)
    const query = { ...wholeDay, fromMs: baseMs - 10 * dayMs }
    expect((await store.range(query)).metrics.water_level_m).toEqual([
      [baseMs - dayMs, -1],
      [baseMs, 0],
    ])
    expect(await store.city({ ...cityQuery, fromMs: query.fromMs, toMs: baseMs - dayMs })).toEqual([])
    await store.write([reading({ tsMs: baseMs + minuteMs, metrics: { water_level_m: 9 } })])
    expect((await store.range(query)).metrics.water_level_m).toHaveLength(3)
  },

  'finds everything again after a restart': async ({ store, ground }) => {
    await store.write([reading({ lat: 3.6, lon: 98.5 }), reading({ deviceId: 'gauge-2', areaCode: null })])
    await store.write([reading({ tsMs: baseMs + 1, metrics: { water_level_m: 2 } })])
    const before = [await store.range(wholeDay), byDevice(await store.latest()), inOrder(await store.city(cityQuery))]
    await store.close()
    const again = await ground.open()
    onTestFinished(() => again.close())
    expect([await again.range(wholeDay), byDevice(await again.latest()), inOrder(await again.city(cityQuery))]).toEqual(
      before,
    )
    await again.write([reading({ metrics: { water_level_m: 7 } })])
    expect((await again.range(wholeDay)).metrics.water_level_m).toEqual([
      [baseMs, 7],
      [baseMs + 1, 2],
    ])
  },

  'says that it is up': async ({ store }) => {
    expect(await store.health()).toMatchObject({ up: true })
  },

  'says that it is unavailable during an outage, and works again after it': async ({ store, ground }) => {
    const { outage } = ground
    if (!outage) throw new Error('this ground has no outage: skip the test with a reason')
    await store.write([reading({ metrics: { water_level_m: 1 } })])
    await outage.begin()
    const late = reading({ tsMs: baseMs + 1, metrics: { water_level_m: 2 } })
    await expect(store.write([late])).rejects.toThrow(StoreUnavailableError)
    await expect(store.write([late])).rejects.toMatchObject({ code: 'store-unavailable' })
    await expect(store.range(wholeDay)).rejects.toThrow(StoreUnavailableError)
    await expect(store.city(cityQuery)).rejects.toThrow(StoreUnavailableError)
    await expect(store.latest()).rejects.toThrow(StoreUnavailableError)
    expect(await store.health()).toEqual({ up: false, detail: expect.stringMatching(/\w/) })
    await outage.end()
    expect(await store.write([late])).toEqual([])
    expect(await store.health()).toMatchObject({ up: true })
    expect((await store.range(wholeDay)).metrics.water_level_m).toEqual([
      [baseMs, 1],
      [baseMs + 1, 2],
    ])
  },

  'opens during an outage, and works after it': async ({ store, ground }) => {
    const { outage } = ground
    if (!outage) throw new Error('this ground has no outage: skip the test with a reason')
    await store.close()
    await outage.begin()
    const opened = await ground.open()
    onTestFinished(() => opened.close())
    await expect(opened.write([reading()])).rejects.toThrow(StoreUnavailableError)
    expect(await opened.health()).toMatchObject({ up: false })
    await outage.end()
    expect(await opened.write([reading()])).toEqual([])
    expect((await opened.range(wholeDay)).metrics).toEqual({ water_level_m: [[baseMs, 1.25]] })
  },
}
