import { expect, test } from 'vitest'
import { refusals } from '../../api/refusal.ts'
import { RestError } from '../../dashboard/core/rest.ts'
import { createTranslator } from '../../dashboard/core/translate.ts'
import id from '../../dashboard/i18n/id.json' with { type: 'json' }
import { failureText } from '../../dashboard/ui/failure-text.ts'

const refused = (code: string) =>
  new RestError(404, { type: `/api/docs#problem-${code}`, title: 'In English', detail: 'In English, with more.' })

test('a refusal that we have words for is told in the language of the page', () => {
  expect(failureText(refused('unknown-code'), createTranslator('id'))).toBe(id['error.code.unknown-code'])
  expect(failureText(refused('unknown-code'), createTranslator('en'))).toMatch(/^No screen/)
})

test('any other keeps the sentence of the server', () => {
  expect(failureText(refused('unknown-parent'), createTranslator('id'))).toBe('In English, with more.')
})

test('every code that we have words for is one of the server', () => {
  const codes = Object.keys(id).flatMap((key) => /^error\.code\.(.+)$/.exec(key)?.[1] ?? [])
  expect(codes.filter((code) => !Object.hasOwn(refusals, code))).toEqual([])
  expect(codes.length).toBeGreaterThan(0)
})
