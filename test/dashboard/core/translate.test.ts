import { expect, test } from 'vitest'
import { createTranslator } from '../../../dashboard/core/translate.ts'

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
