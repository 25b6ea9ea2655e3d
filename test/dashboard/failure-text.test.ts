import { describe, expect, test } from 'vitest'
import { Refusal, type RefusalCode, refusals } from '../../contract/http/refusal.ts'
import { RestError } from '../../dashboard/core/connection/http-client.ts'
import { createTranslator } from '../../dashboard/core/text/translate.ts'
import id from '../../dashboard/i18n/id-failures.json' with { type: 'json' }
import { failureText } from '../../dashboard/ui/failure/failure-text.ts'

/** As the api answers it, RFC 9457. */
function refused(code: string, more: object = {}): RestError {
  return new RestError(404, { type: `/api/docs#problem-${code}`, title: 'In English', detail: 'More English', ...more })
}
const indonesian = createTranslator('id')
const english = createTranslator('en')

// The server's list is typed: nothing else can be refused with.
describe.each(Object.keys(refusals))('the refusal %s', (code) => {
  test('is told in the language of the page, without a word of the server', () => {
    const words = [indonesian, english].map((text) => failureText(refused(code), text))
    for (const one of words) expect(one).not.toMatch(/In English|More English|error\.code|\{/)
    expect(words[0]).not.toBe(words[1])
  })
})

test('every code that we have words for is one of the server', () => {
  const codes = Object.keys(id).flatMap((key) => /^error\.code\.(.+)$/.exec(key)?.[1] ?? [])
  expect(new Set(codes)).toEqual(new Set(Object.keys(refusals)))
})

test('fields that were refused are named behind the words', () => {
  const error = refused('bad-request', { errors: [{ path: 'body.lat', message: '> 90' }] })
  expect(failureText(error, indonesian)).toBe(`${id['error.code.bad-request']} · body.lat: > 90`)
})

test('a code of a newer server keeps the sentence of that server', () => {
  expect(failureText(refused('not-yet-thought-of'), indonesian)).toBe('More English')
  expect(failureText(new RestError(418, {}), indonesian)).toBe('Server menolak (418).')
})

test('a server that asks to be left alone says for how long', () => {
  const busy = (retryAfterS?: number) => new RestError(503, { type: '/api/docs#problem-busy' }, retryAfterS)
  expect(failureText(busy(47), indonesian)).toBe(`${id['error.code.busy']} Coba lagi dalam 47 dtk.`)
  expect(failureText(busy(), indonesian)).toBe(`${id['error.code.busy']} ${id['error.tryLater']}`)
})

test('nothing but a code of the list can be refused with', () => {
  // @ts-expect-error there is no such code
  const code: RefusalCode = 'made-up'
  expect(() => new Refusal(code)).toThrow()
})
