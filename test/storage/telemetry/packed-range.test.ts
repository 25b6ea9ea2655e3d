import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Point, Position, RangeResult } from '../../../contract/ports/telemetry.ts'
import { buffersOf, packRange, unpackRange } from '../../../storage/telemetry/packed-range.ts'

const number = fc.double({ noNaN: true })
const anyRange: fc.Arbitrary<RangeResult> = fc.record(
  {
    engine: fc.constant('sqlite' as const),
    metrics: fc.dictionary(fc.stringMatching(/^[a-z][a-z0-9_]{0,20}$/), fc.array(fc.tuple(number, number))),
    positions: fc.array(fc.tuple(number, number, number)),
    nextFromMs: fc.integer(),
    missing: fc.constant([{ fromMs: 1, toMs: 2, reason: 'let-go' as const }]),
  },
  { requiredKeys: ['engine', 'metrics', 'positions'] },
)

test('an answer comes out of the other thread as it went in', async () => {
  await fc.assert(
    fc.asyncProperty(anyRange, async (range) => {
      const packed = packRange(range)
      const received = structuredClone(packed, { transfer: buffersOf(packed) })
      expect(await unpackRange(received)).toEqual(range)
    }),
  )
})

test('a long answer is unpacked while others have their turn, also where its metrics are short', async () => {
  const points: Point[] = Array.from({ length: 20_000 }, (_, n) => [n, n])
  const positions: Position[] = points.map(([ms]) => [ms, 3.6, 98.4])
  const many = Array.from({ length: 100 }, (_, n) => [`made_up_${n}`, points.slice(0, 200)])
  for (const metrics of [{ water_level_m: points }, Object.fromEntries(many)]) {
    const others = { turns: 0, timer: setImmediate(() => undefined) }
    const count = () => {
      others.turns += 1
      others.timer = setImmediate(count)
    }
    count()
    const unpacked = await unpackRange(packRange({ engine: 'sqlite', metrics, positions }))
    clearImmediate(others.timer)
    expect(unpacked.positions).toHaveLength(20_000)
    expect(others.turns).toBeGreaterThanOrEqual(7)
  }
})
