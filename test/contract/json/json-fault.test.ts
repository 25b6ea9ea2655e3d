import fc from 'fast-check'
import { expect, test } from 'vitest'
import { findJsonFault } from '../../../contract/json/json-fault.ts'

test.each([
  ['{"a": bcc}', 6],
  ['[1,]', 3],
  ['[1,2', 4],
  ['', 0],
  ['"a\nb"', 2],
  ['{"a":1}\0', 7],
  ['01', 1],
  ['[1] x', 4],
  ['{a:1}', 1],
  ['1.5e', 3],
  ['"\\x"', 1],
  ['NaN', 0],
])('%j stops being JSON at character %d', (text, at) => {
  expect(findJsonFault(text)).toBe(at)
})

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

const almostJson = fc
  .tuple(fc.json({ maxDepth: 4 }), fc.nat(), fc.nat(3), fc.string({ unit: 'binary', maxLength: 3 }))
  .map(([text, at, drop, put]) => {
    const from = at % (text.length + 1)
    return text.slice(0, from) + put + text.slice(from + drop)
  })

test('agrees with JSON.parse on any text whether it is JSON', () => {
  fc.assert(
    fc.property(fc.oneof(fc.json(), almostJson, fc.string({ unit: 'binary' })), (text) => {
      expect(findJsonFault(text) === undefined).toBe(isJson(text))
    }),
    { numRuns: 2000 },
  )
})

test('a text of the largest packet is looked through in little time', () => {
  const started = performance.now()
  for (const text of [`"${'a'.repeat(262_000)}`, `[${'1,'.repeat(131_000)}`, `{"a":"${'\\n'.repeat(131_000)}`]) {
    expect(findJsonFault(text)).toBe(text.length)
  }
  expect(performance.now() - started).toBeLessThan(2000)
})
