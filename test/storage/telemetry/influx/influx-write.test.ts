import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { StoreUnavailableError } from '../../../../contract/ports/telemetry.ts'
import {
  type BodyOutcome,
  judgeAnswer,
  type WriteAnswer,
  writeReadings,
} from '../../../../storage/telemetry/influx/influx-write.ts'
import { gaugeReading, startMs } from '../../../support/influx/influx-readings.ts'

function batchOf(size: number) {
  return Array.from({ length: size }, (_, index) => gaugeReading({ tsMs: startMs + index, metrics: { turn: index } }))
}

/** A server without mercy: one bad line, and nothing of the body is stored. */
function strictServer(isBad: (turn: number) => boolean) {
  const stored: number[] = []
  let requests = 0
  return {
    stored,
    requests: () => requests,
    async send(body: string): Promise<BodyOutcome> {
      requests += 1
      const turns = body.split('\n').map((line) => Number(/,turn=(\d+) /.exec(line)?.[1]))
      const bad = turns.find(isBad)
      if (bad !== undefined) return { outcome: 'rejected', detail: `turn ${bad} is bad` }
      stored.push(...turns)
      return { outcome: 'stored' }
    },
  }
}

describe('writeReadings', () => {
  test('refuses exactly the bad readings and stores all others, in order, within 2k·log2(n) + 1 requests', async () => {
    const cases = fc
      .integer({ min: 1, max: 400 })
      .chain((size) =>
        fc.record({ size: fc.constant(size), bad: fc.uniqueArray(fc.nat({ max: size - 1 }), { maxLength: 20 }) }),
      )
    await fc.assert(
      fc.asyncProperty(cases, async ({ size, bad }) => {
        const server = strictServer((turn) => bad.includes(turn))
        const refused = await writeReadings(batchOf(size), server.send)
        const inOrder = bad.toSorted((a, b) => a - b)
        expect(refused).toEqual(inOrder.map((index) => ({ index, detail: `turn ${index} is bad` })))
        expect(server.stored).toEqual(
          batchOf(size)
            .map((_, index) => index)
            .filter((turn) => !bad.includes(turn)),
        )
        expect(server.requests()).toBeLessThanOrEqual(2 * bad.length * Math.ceil(Math.log2(size)) + 1)
      }),
      { numRuns: 300 },
    )
  })

  test('refuses exactly the bad values, and stores each other value once at least, whatever is bad', async () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g']
    const cases = fc.record({
      bad: fc.subarray(names),
      size: fc.integer({ min: 1, max: 7 }),
      placed: fc.boolean(),
      among: fc.nat({ max: 20 }),
    })
    await fc.assert(
      fc.asyncProperty(cases, async ({ bad, size, placed, among }) => {
        const metrics = Object.fromEntries(names.slice(0, size).map((name) => [name, 1]))
        const place = placed ? { lat: 3.6, lon: 98.5 } : {}
        const reading = gaugeReading({ ...place, metrics, tsMs: startMs - 1 })
        const stored = new Set<string>()
        const send = async (body: string): Promise<BodyOutcome> => {
          const why = bad.find((name) => body.includes(`,${name}=`))
          if (why !== undefined) return { outcome: 'rejected', detail: `${why} is bad` }
          for (const [, name = ''] of body.matchAll(/,([a-g])=/g)) stored.add(name)
          return { outcome: 'stored' }
        }
        const refused = await writeReadings([...batchOf(among), reading], send)
        const ofIt = names.slice(0, size)
        const wrong = ofIt.filter((name) => bad.includes(name))
        const isWhole = wrong.length === size && !placed
        expect([...stored].toSorted()).toEqual(ofIt.filter((name) => !bad.includes(name)))
        if (isWhole) expect(refused).toEqual([{ index: among, detail: expect.stringContaining('is bad') }])
        else expect(refused.map(({ metric }) => metric)).toEqual(wrong)
      }),
      { numRuns: 300 },
    )
  })

  test('a reading that is refused for what all of it shares costs one request more, however many its values', async () => {
    let requests = 0
    const metrics = Object.fromEntries(Array.from({ length: 60 }, (_, index) => [`metric_${index}`, 1]))
    const refused = await writeReadings([gaugeReading({ metrics })], async () => {
      requests += 1
      return { outcome: 'rejected', detail: 'beyond retention policy' }
    })
    expect([refused, requests]).toEqual([[{ index: 0, detail: 'beyond retention policy' }], 2])
  })

  test('ends even when every reading is refused', async () => {
    const server = strictServer(() => true)
    expect(await writeReadings(batchOf(1000), server.send)).toHaveLength(1000)
    expect(server.requests()).toBe(1999)
  })

  test('halves what is too large, and refuses one reading that is too large alone', async () => {
    const sizes: number[] = []
    const refused = await writeReadings(batchOf(100), async (body) => {
      const lines = body.split('\n')
      sizes.push(lines.length)
      if (lines.length <= 30 && !body.includes('turn=77 ')) return { outcome: 'stored' }
      return { outcome: 'too-large', detail: 'too large' }
    })
    expect(refused).toEqual([{ index: 77, detail: 'too large' }])
    expect(Math.max(...sizes.slice(1))).toBe(50)
  })

  test('sends no body of more than 5,000 lines or a million characters', async () => {
    const bodies: string[] = []
    const metrics = Object.fromEntries(Array.from({ length: 60 }, (_, index) => [`metric_${index}`, Math.PI]))
    const batch = [...batchOf(5001), ...batchOf(1000).map((reading) => ({ ...reading, metrics }))]
    const refused = await writeReadings(batch, async (body) => {
      bodies.push(body)
      return { outcome: 'stored' }
    })
    expect(refused).toEqual([])
    expect(bodies.map((body) => body.split('\n').length).reduce((sum, lines) => sum + lines)).toBe(6001)
    expect(bodies.every((body) => body.length <= 1_000_000 && body.split('\n').length <= 5000)).toBe(true)
  })

  test('says that nothing is known when a later body fails', async () => {
    let requests = 0
    const sending = writeReadings(batchOf(6000), async () => {
      requests += 1
      if (requests === 2) throw new StoreUnavailableError('gone')
      return { outcome: 'stored' }
    })
    await expect(sending).rejects.toThrow(StoreUnavailableError)
  })

  test('asks for nothing when every reading was refused before', async () => {
    const refused = await writeReadings([gaugeReading({ metrics: { a: Number.NaN } })], () =>
      Promise.reject(new Error()),
    )
    expect(refused).toEqual([{ index: 0, detail: 'metric a is not a finite number' }])
  })
})

const by = { database: 'city', is2: false }

describe('judgeAnswer', () => {
  const v1 = (error: string) => JSON.stringify({ error })
  const v2 = (code: string, message: string) => JSON.stringify({ code, message })
  const conflict =
    'partial write: field type conflict: input field "a" on measurement "m" is type float, already exists as type integer dropped=1'

  test.each<[string, WriteAnswer, BodyOutcome]>([
    ['204', { status: 204, body: '' }, { outcome: 'stored' }],
    ['1.x, partial', { status: 400, body: v1(conflict) }, { outcome: 'rejected', detail: conflict }],
    [
      '1.x, malformed',
      { status: 400, body: v1("unable to parse 'm': missing fields") },
      { outcome: 'rejected', detail: "unable to parse 'm': missing fields" },
    ],
    [
      '2.x, malformed',
      { status: 400, body: v2('invalid', 'unable to parse') },
      { outcome: 'rejected', detail: 'unable to parse' },
    ],
    [
      '2.x, partial',
      { status: 422, body: v2('unprocessable entity', conflict) },
      { outcome: 'rejected', detail: conflict },
    ],
    [
      '2.0 rc, partial',
      { status: 500, body: v2('internal error', `unexpected error: ${conflict}`) },
      { outcome: 'rejected', detail: `unexpected error: ${conflict}` },
    ],
    ['413 of a proxy', { status: 413, body: '<html>' }, { outcome: 'too-large', detail: 'too large for the server' }],
  ])('%s', (_, answer, outcome) => {
    expect(judgeAnswer(answer, by)).toEqual(outcome)
  })

  test.each<[string, WriteAnswer]>([
    ['a page of a proxy that says 200', { status: 200, body: '<html>log in</html>' }],
    ['a 400 of a proxy', { status: 400, body: '<html>Bad Request</html>' }],
    ['a 400 about settings', { status: 400, body: v1('database is required') }],
    ['a redirect', { status: 302, body: '' }],
    ['wrong user', { status: 401, body: v1('authorization failed') }],
    ['no right', { status: 403, body: v2('forbidden', 'insufficient permissions') }],
    ['no database', { status: 404, body: v1('database not found: "city"') }],
    ['a request that took too long', { status: 408, body: '' }],
    ['too many requests', { status: 429, body: '' }],
    ['a broken server', { status: 500, body: v1('engine: disk full') }],
    ['a server behind that is gone', { status: 502, body: '<html>' }],
    ['a busy server', { status: 503, body: '' }],
  ])('holds the readings back at %s', (_, answer) => {
    expect(() => judgeAnswer(answer, by)).toThrow(StoreUnavailableError)
  })

  test('passes on how long to wait, given in seconds or as a date', () => {
    const waitOf = (retryAfter: string) => {
      try {
        return judgeAnswer({ status: 503, body: '', retryAfter }, by)
      } catch (error) {
        return error instanceof StoreUnavailableError ? error.retryAfterMs : error
      }
    }
    expect(waitOf('7')).toBe(7000)
    expect(waitOf('soon')).toBeUndefined()
    expect(waitOf(new Date(Date.now() + 60_000).toUTCString())).toBeGreaterThan(55_000)
    expect(waitOf(new Date(0).toUTCString())).toBe(0)
  })
})
