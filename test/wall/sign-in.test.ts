import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { refusals } from '../../contract/http/refusal.ts'
import { RestError } from '../../dashboard/core/connection/http-client.ts'
import { createTranslator } from '../../dashboard/core/text/translate.ts'
import { failureText } from '../../dashboard/ui/failure/failure-text.ts'
import { browserMissing } from '../support/browser/browser.ts'
import { wallPages } from '../support/browser/wall-pages.ts'

const missing = browserMissing()

/** Words of two people, so that none but the code's own may say that the two of them are wrong. */
const blamesPassword = /kata sandi salah|user name or password/i

interface Answer {
  status: number
  headers: Record<string, string>
  body: string
}

function refusal(code: string, status: number, retryAfterS: number | undefined): Answer {
  const body = JSON.stringify({ type: `/api/docs#problem-${code}`, title: 'Title', status, detail: 'Detail' })
  const headers = { 'content-type': 'application/problem+json' }
  return {
    status,
    body,
    headers: retryAfterS === undefined ? headers : { ...headers, 'retry-after': `${retryAfterS}` },
  }
}

/** Answers to who signs in. */
const answering = (page: Page, answer: () => Answer) =>
  page.route('**/api/v1/session', (route) =>
    route.request().method() === 'POST' ? route.fulfill(answer()) : route.fallback(),
  )

describe.skipIf(missing !== undefined)(`signing in ${missing ?? ''}`, { timeout: 60_000 }, () => {
  const wall = wallPages()

  test.each(['id', 'en'] as const)('each refusal of the server is told by its own words (%s)', async (language) => {
    const server = await wall.backend({ signedIn: false })
    const text = createTranslator(language)
    const { page } = await wall.open(`${server.url}/masuk?lang=${language}`)
    let answer: Answer = { status: 0, headers: {}, body: '' }
    await answering(page, () => answer)
    await page.locator('[name=username]').fill('siti')
    await page.locator('[name=password]').fill('salah')
    for (const [code, { status }] of Object.entries(refusals)) {
      const waits = status === 429 || status === 503
      answer = refusal(code, status, waits ? 47 : undefined)
      // Once a code was asked for, there is a field for it.
      const field = page.locator('[name=code]')
      if ((await field.count()) > 0) await field.fill('123456')
      await page.locator('.login .primary').click()
      const words = failureText(new RestError(status, { type: `#problem-${code}` }, waits ? 47 : undefined), text)
      await expect.poll(() => page.locator('.form-error').textContent(), { message: code }).toBe(words)
      expect(blamesPassword.test(words), code).toBe(code === 'wrong-login')
    }
  })

  test('a page of something before the server is no word on the password', async () => {
    const server = await wall.backend({ signedIn: false })
    const { page } = await wall.open(`${server.url}/masuk?lang=id`)
    const text = createTranslator('id')
    let status = 502
    await answering(page, () => ({ status, headers: { 'content-type': 'text/html' }, body: '<html>no</html>' }))
    await page.locator('[name=username]').fill('siti')
    await page.locator('[name=password]').fill('benar')
    await page.locator('.login .primary').click()
    await expect.poll(() => page.locator('.form-error').textContent()).toBe(text.t('login.unreachable'))
    status = 403
    await page.locator('.login .primary').click()
    await expect.poll(() => page.locator('.form-error').textContent()).toBe(text.t('error.status', { status }))
  })
})
