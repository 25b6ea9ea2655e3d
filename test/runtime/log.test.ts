import { describe, expect, test } from 'vitest'
import { createLog } from '../../runtime/log.ts'

function logged(what: object): string {
  let text = ''
  const write = (line: string) => {
    text += line
  }
  createLog({ level: 'info', role: 'api' }, { write }).info(what, 'x')
  return text
}

describe('what is called a code', () => {
  test.each([
    [{ part: 'api', code: 70, signal: null }, '"code":70'],
    [{ part: 'api', code: null, signal: 'SIGKILL' }, '"code":null'],
    [{ err: Object.assign(new Error('gone'), { code: 'ECONNRESET' }) }, '"code":"ECONNRESET"'],
    [{ err: Object.assign(new Error('gone'), { code: 'ERR_SQLITE_ERROR' }) }, '"code":"ERR_SQLITE_ERROR"'],
    [{ err: Object.assign(new Error('gone'), { code: 'CERT_HAS_EXPIRED' }) }, '"code":"CERT_HAS_EXPIRED"'],
    [{ a: { err: Object.assign(new Error('gone'), { code: 'EPIPE' }) } }, '"code":"EPIPE"'],
  ])('is read when it tells of a fault: %j', (what, expected) => {
    expect(logged(what)).toContain(expected)
  })

  test.each([
    [{ code: '123456' }, '123456'],
    [{ code: 123_456 }, '123456'],
    [{ body: { code: 'abcde-fghij' } }, 'abcde-fghij'],
    [{ request: { body: { code: 'abcde-fghij' } } }, 'abcde-fghij'],
    [{ code: 'EJ3XK2LMNBVCXZ7Q' }, 'EJ3XK2LMNBVCXZ7Q'],
    [{ code: 'w1-Qx_y0fD3bNn4' }, 'w1-Qx_y0fD3bNn4'],
    [{ code: { of: '654321' } }, '654321'],
    [{ password: 'ECONNRESET' }, 'ECONNRESET'],
    [{ headers: { code: 70, cookie: 'bcc_session=a' } }, 'bcc_session'],
  ])('is not when it proves something: %j', (what, secret) => {
    const line = logged(what)
    expect(line).toContain('[Redacted]')
    expect(line).not.toContain(secret)
  })
})
