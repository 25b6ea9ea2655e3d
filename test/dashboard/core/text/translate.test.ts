import { expect, test } from 'vitest'
import { createTranslator } from '../../../../dashboard/core/text/translate.ts'

test.each([
  [0, '0 MB', '0 MB'],
  [1_499_999, '1 MB', '1 MB'],
  [999_499_999, '999 MB', '999 MB'],
  [82_820_000_000, '82,8 GB', '82.8 GB'],
  [1_234_567_000_000, '1.234,6 GB', '1,234.6 GB'],
])('tells %i bytes in the unit that suits them', (bytes, id, en) => {
  expect(createTranslator('id').bytes(bytes)).toBe(id)
  expect(createTranslator('en').bytes(bytes)).toBe(en)
})

test.each([
  [7400, '7 dtk', '7 s'],
  [200_000, '3 mnt', '3 min'],
  [8_880_000, '2 j 28 mnt', '2 h 28 min'],
  [400_000_000, '4 hr', '4 d'],
])('an age of %i ms is "%s" and "%s"', (ms, id, en) => {
  expect([createTranslator('id').age(ms), createTranslator('en').age(ms)]).toEqual([id, en])
})

test('writes numbers as each language does', () => {
  const metric = { unit: 'm', decimals: 2, type: 'gauge' } as const
  expect(createTranslator('id').measure(1234.5, metric)).toBe('1.234,50 m')
  expect(createTranslator('en').measure(1234.5, metric)).toBe('1,234.50 m')
  expect(createTranslator('id').measure(true, { ...metric, type: 'boolean' })).toBe('ya')
})
