import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { coversFilter, filterFault } from '../../contract/topic-filter.ts'

const root = 'binjai/v1'

/** Section 4.7.1 word by word, level by level. */
function matches(filter: string, topic: string): boolean {
  const [levels, names] = [filter.split('/'), topic.split('/')]
  for (let n = 0; n < levels.length; n += 1) {
    if (levels[n] === '#') return names.length >= n
    if (names[n] === undefined || (levels[n] !== '+' && levels[n] !== names[n])) return false
  }
  return levels.length === names.length
}

const name = fc.constantFrom('a', 'b', 'c')
const topics = fc.array(name, { minLength: 1, maxLength: 5 }).map((levels) => levels.join('/'))
const filters = fc
  .tuple(fc.array(fc.oneof(name, fc.constant('+')), { maxLength: 4 }), fc.option(fc.constant('#')))
  .filter(([levels, end]) => levels.length > 0 || end !== null)
  .map(([levels, end]) => [...levels, ...(end === null ? [] : [end])].join('/'))

test('what a filter covers matches no topic that the wider one does not', () => {
  fc.assert(
    fc.property(filters, filters, topics, (wide, narrow, topic) => {
      if (coversFilter(wide, narrow) && matches(narrow, topic)) expect(matches(wide, topic)).toBe(true)
    }),
    { numRuns: 20_000 },
  )
})

test('what is not covered matches a topic that the wider one does not', () => {
  fc.assert(
    fc.property(filters, filters, (wide, narrow) => {
      // Every topic has a level, so that '+/#' is as wide as '#'; no filter of ours begins with either.
      if (coversFilter(wide, narrow) || narrow === '#') return
      // Any name that stands in neither, and any depth.
      const concrete = narrow.split('/').map((level) => (level === '+' ? 'z' : level))
      const base = concrete.at(-1) === '#' ? concrete.slice(0, -1) : concrete
      const candidates = concrete.at(-1) === '#' ? [0, 1, 2, 3, 4].map((n) => [...base, ...Array(n).fill('z')]) : [base]
      const missed = candidates.filter((one) => one.length > 0).map((one) => one.join('/'))
      expect(missed.some((topic) => matches(narrow, topic) && !matches(wide, topic))).toBe(true)
    }),
    { numRuns: 20_000 },
  )
})

describe('a filter of a token', () => {
  test.each([
    'binjai/v1/#',
    'binjai/v1/+/+/telemetry',
    'binjai/v1/bus/bus-07/state',
    'binjai/v1/bus/#',
    'binjai/v1/bus/+/state/#',
  ])('may be %s', (filter) => expect(filterFault(filter, root)).toBeUndefined())

  test.each([
    ['#', /begins with/],
    ['binjai/v2/#', /begins with/],
    ['binjai/v1', /begins with/],
    ['+/v1/#', /begins with/],
    ['binjai/v1/#/x', /alone/],
    ['binjai/v1/bus+/x', /alone/],
    ['binjai/v1//x', /empty/],
    ['binjai/v1/', /empty/],
    ['$share/a/binjai/v1/#', /\$share/],
    ['$SYS/#', /\$SYS/],
    ['binjai/v1/Bus', /a-z/],
    ['binjai/v1/\u0000', /a-z/],
    ['', /a-z/],
    [`binjai/v1/${'x'.repeat(128)}`, /128/],
    ['binjai/v1/bus/bus-07', /three levels/],
    ['binjai/v1/bus/bus-07/telemetry/raw', /three levels/],
    ['binjai/v1/bus/bus-07/telemetry/raw/#', /three levels/],
    ['binjai/v1/train/#', /"train" is not heard/],
    ['binjai/v1/+/+/command', /"command" is not heard/],
    ['binjai/v1/+/+/manual', /"manual" is not heard/],
  ])('may not be %j', (filter, words) => expect(filterFault(filter, root)).toMatch(words))
})
