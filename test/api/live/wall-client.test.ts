import { describe, expect, test } from 'vitest'
import type { City } from '../../../api/live/city.ts'
import { createCityTexts } from '../../../api/live/city-texts.ts'
import { createTick, type Frame } from '../../../api/live/frames.ts'
import type { CityChanges } from '../../../api/live/pending-changes.ts'
import { createWallClient } from '../../../api/live/wall-client.ts'

const nothing: CityChanges = { changes: [], removed: [] }
const level = (metres: number, id = 'r-1'): CityChanges => ({
  changes: [{ id, metrics: { water_level_m: metres } }],
  removed: [],
})

/** A client with a clock, whose kernel takes a frame when the test says so. */
function openClient({ flushes = true } = {}) {
  const clock = { ms: 0 }
  const written: string[] = []
  const cuts: string[] = []
  const waiting: (() => void)[] = []
  // Of the city only what a tick asks for.
  const city = { views: () => [] as never } as unknown as City
  const texts = createCityTexts()
  const tickOf = (seq: number, changes: CityChanges) =>
    createTick(seq, new Date(clock.ms).toISOString(), changes, { city, texts })
  const tick = { latest: tickOf(1, nothing) }
  const client = createWallClient({
    latest: () => tick.latest,
    write({ text }: Frame, flushed) {
      written.push(text)
      if (flushes) flushed()
      else waiting.push(flushed)
    },
    later: () => undefined,
    cut: (reason) => cuts.push(reason),
    now: () => clock.ms,
  })
  client.wantSnapshot()
  let seq = 1
  return {
    clock,
    written,
    cuts,
    client,
    tick,
    /** Of all deltas that it got, by the numbers that stand in them. */
    acknowledgeAll() {
      for (const text of written) {
        const [, seq] = /\["delta",\{"seq":(\d+)/.exec(text) ?? []
        if (seq !== undefined) client.acknowledged(Number(seq))
      }
    },
    /** 250 ms later these changes are told. */
    tell(changes: CityChanges) {
      seq += 1
      clock.ms += 250
      tick.latest = tickOf(seq, changes)
      client.send(tick.latest)
      return seq
    },
  }
}

describe('a client that hangs', () => {
  test('is cut off when it has acknowledged nothing for 10 s, and not before', () => {
    const { client, tell, cuts } = openClient()
    client.acknowledged(tell(level(1)))
    // Two that it owes; from the third on it is behind.
    for (let n = 0; n < 3; n += 1) tell(level(n))
    for (let ms = 0; ms < 10_000; ms += 250) tell(level(ms))
    expect(cuts).toEqual([])
    tell(level(9))
    expect(cuts).toEqual(['it acknowledged nothing for 10 s'])
  })

  test('is not one that acknowledges late: each acknowledgement gives it ten seconds more', () => {
    const { acknowledgeAll, tell, cuts } = openClient()
    tell(level(1))
    acknowledgeAll()
    for (let round = 0; round < 5; round += 1) {
      for (let ms = 0; ms < 10_000; ms += 250) tell(level(ms))
      acknowledgeAll()
    }
    expect(cuts).toEqual([])
  })

  test('is cut off when a megabyte waits for it', () => {
    const { tell, cuts } = openClient({ flushes: false })
    const bulky: CityChanges = { changes: [{ id: 'r-1', name: 'x'.repeat(100_000) }], removed: [] }
    for (let n = 0; n < 9; n += 1) tell(bulky)
    expect(cuts).toEqual([])
    tell(bulky)
    expect(cuts).toEqual(['more than 1 MB waits for it'])
  })

  test('is owed each device once, with the newest value of each field, however long it lags', () => {
    const { client, tell, written } = openClient()
    client.acknowledged(tell(level(1)))
    const owed = [tell(level(2)), tell(level(3))]
    const before = written.length
    for (let n = 0; n < 30; n += 1) tell({ changes: [...level(n).changes, ...level(n, 'r-2').changes], removed: [] })
    expect(written).toHaveLength(before)
    for (const seq of owed) client.acknowledged(seq)
    tell(level(99))
    const [, { changes }] = JSON.parse(written.at(-1)?.replace(/^[^[]*/, '') ?? '')
    expect(changes).toEqual([...level(99).changes, ...level(29, 'r-2').changes])
  })
})

describe('a client that missed much', () => {
  const many = (count: number, metres: number): CityChanges => ({
    changes: Array.from({ length: count }, (_none, n) => level(metres, `r-${n}`).changes).flat(),
    removed: [],
  })

  test.each([
    ['500 devices: it is told of them', 500, 'delta'],
    ['501 devices: it gets the city, which is encoded already', 501, 'snapshot'],
  ])('%s', (_what, count, event) => {
    const { client, tell, acknowledgeAll, written } = openClient()
    client.acknowledged(tell(level(1)))
    for (let n = 0; n < 8; n += 1) tell(many(count, n))
    acknowledgeAll()
    tell(nothing)
    expect(written.at(-1)).toContain(`["${event}"`)
  })

  test('and got the city as of a tick is not told the same tick again', () => {
    const { client, written, clock, tick } = openClient()
    clock.ms += 1000
    const before = written.length
    client.wantSnapshot()
    client.send(tick.latest)
    expect(written.length - before).toBe(1)
  })
})

describe('many clients', () => {
  test('get a frame that is made once', () => {
    let asked = 0
    const views = () => {
      asked += 1
      return [] as never
    }
    const tick = createTick(7, 'now', level(1), { city: { views }, texts: createCityTexts() })
    const frames = Array.from({ length: 1000 }, () => ({ delta: tick.delta(), snapshot: tick.snapshot() }))
    expect(asked).toBe(1)
    expect(new Set(frames.map(({ delta }) => delta.webSocketFrame)).size).toBe(1)
    expect(new Set(frames.map(({ snapshot }) => snapshot?.webSocketFrame)).size).toBe(1)
  })

  test('that ask for the city over and over get it once a second, and never two at a time', () => {
    const { client, clock, tell, written } = openClient()
    const snapshots = () => written.filter((text) => text.includes('"snapshot"')).length
    for (let n = 0; n < 1000; n += 1) client.wantSnapshot()
    expect(snapshots()).toBe(1)
    clock.ms += 999
    client.wantSnapshot()
    expect(snapshots()).toBe(1)
    tell(nothing)
    expect(snapshots()).toBe(2)
    const slow = openClient({ flushes: false })
    slow.clock.ms += 60_000
    slow.client.wantSnapshot()
    expect(slow.written).toHaveLength(1)
  })
})
