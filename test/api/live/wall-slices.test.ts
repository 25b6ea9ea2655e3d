import { expect, test } from 'vitest'
import { createCityTexts } from '../../../api/live/city-texts.ts'
import { eventFrame, snapshotFrame } from '../../../api/live/frames.ts'
import { createSlices, createWishes } from '../../../api/live/slices.ts'
import { createWallTeller } from '../../../api/live/tell-walls.ts'
import type { DeviceView } from '../../../contract/http/devices.ts'
import type { Wall } from '../../../contract/http/walls.ts'
import { createOwnTurn } from '../../../storage/own-turn.ts'

const loop = () => new Promise((resolve) => setImmediate(resolve))
/** Until something was done, some turns of the event loop at most. */
async function begun(done: readonly unknown[]): Promise<void> {
  for (let loops = 0; loops < 5 && done.length === 0; loops += 1) await loop()
}

/** Each look at the clock takes a ms. */
function countingSlices() {
  let ms = 0
  return createSlices(createOwnTurn(), () => {
    ms += 1
    return ms
  })
}

const forty = Array.from({ length: 40 }, (_none, n) => n)

test('what is done for many is done in slices, each in order, and once', async () => {
  const done: number[] = []
  const all = countingSlices()(forty, (n) => done.push(n))
  expect(done).toEqual([])
  await begun(done)
  const first = done.length
  expect(first).toBeGreaterThan(0)
  expect(first).toBeLessThan(10)
  await loop()
  expect(done.length).toBeLessThanOrEqual(2 * first + 1)
  await all
  expect(done).toEqual(forty)
})

test('of several that begin at once, as timers do, one has a slice in each turn of the event loop', async () => {
  const inSlices = countingSlices()
  const inTurn = [new Set<string>()]
  let ended = false
  const all = Promise.all(
    ['states', 'changes', 'heartbeat'].map((who) => inSlices(forty, () => inTurn.at(-1)?.add(who))),
  )
  void all.then(() => {
    ended = true
  })
  while (!ended) {
    inTurn.push(new Set())
    await loop()
  }
  const busy = inTurn.filter(({ size }) => size > 0)
  expect(busy.map(({ size }) => size)).toEqual(busy.map(() => 1))
  expect(new Set(busy.slice(0, 3).flatMap((who) => [...who]))).toEqual(new Set(['states', 'changes', 'heartbeat']))
})

test('of what one wishes the newest is done, one that gives way does not replace another, and none for who is gone', async () => {
  const wishes = createWishes<string>(countingSlices())
  const done: string[] = []
  const add = (who: string, what: string, giveWay = false) =>
    wishes.add(who, () => void done.push(`${who} ${what}`), { giveWay })
  for (let n = 0; n < 1000; n += 1) add('a', `watch ${n}`)
  add('a', 'resync', true)
  add('b', 'resync', true)
  add('c', 'resync', true)
  wishes.forget('c')
  expect(done).toEqual([])
  await begun(done)
  expect(done).toEqual(['a watch 999', 'b resync'])
  await loop()
  expect(done).toHaveLength(2)
})

/** A device whose encoding takes 2 ms, and counts. */
function slowView(id: string, encoded: string[]): DeviceView {
  const view = {
    id,
    toJSON() {
      const untilMs = performance.now() + 2
      while (performance.now() < untilMs);
      encoded.push(id)
      return { id }
    },
  }
  return view as unknown as DeviceView
}

test('a city that takes long to encode is encoded in parts, each device once, and again when it was told anew', () => {
  const encoded: string[] = []
  const views = Array.from({ length: 20 }, (_none, n) => slowView(`d-${n}`, encoded))
  const texts = createCityTexts()
  const wholeAfter = () => {
    for (let tries = 1; ; tries += 1) {
      const parts = texts.listOf(views)
      if (parts !== undefined) return { tries, text: Buffer.concat(parts).toString() }
    }
  }
  const { tries, text } = wholeAfter()
  expect(tries).toBeGreaterThan(3)
  expect(JSON.parse(text)).toEqual(views.map(({ id }) => ({ id })))
  expect(encoded).toEqual(views.map(({ id }) => id))
  texts.told({ changes: [{ id: 'd-3' }], removed: ['d-4'] })
  expect(wholeAfter().text).toBe(text)
  expect(encoded.slice(20)).toEqual(['d-3', 'd-4'])
  expect(Buffer.concat(texts.listOf([]) ?? []).toString()).toBe('[]')
})

test('a frame says the same as text and as bytes, whatever stands in it', () => {
  const devices = [Buffer.from('[{"id":"d-1","name":"Sungai “Bingei” 🌊"}]')]
  for (const frame of [snapshotFrame(7, 'now', devices), eventFrame('walls', [{ id: 'é🌊' }])]) {
    expect(frame.webSocketFrame[1]?.toString()).toBe(`4${frame.text}`)
    expect(frame.bytes).toBe(frame.webSocketFrame[1]?.length)
  }
  expect(snapshotFrame(7, 'now', devices).text).toBe(
    '2/wall,["snapshot",{"seq":7,"at":"now","devices":[{"id":"d-1","name":"Sungai “Bingei” 🌊"}]}]',
  )
})

test('the walls are read once for all who come, and what has changed is told to all of them', async () => {
  let rev = 1
  let reads = 0
  const list = async () => {
    reads += 1
    return [{ id: 'w-1', rev } as Wall]
  }
  const { welcome, refresh } = createWallTeller({ list, log: undefined as never })
  const told: string[] = []
  const tell = ({ text }: { text: string }) => void told.push(text)
  await refresh(tell)
  for (let n = 0; n < 100; n += 1) await welcome(tell)
  expect(reads).toBe(1)
  expect(new Set(told)).toEqual(new Set(['2/wall,["walls",[{"id":"w-1","rev":1}]]']))
  rev = 2
  await refresh(tell)
  await refresh(tell)
  expect(told.slice(101)).toEqual(['2/wall,["walls",[{"id":"w-1","rev":2}]]'])
})
