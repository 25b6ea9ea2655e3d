import { randomBytes, timingSafeEqual } from 'node:crypto'
import express, { type Express, type Request, type Response } from 'express'
import { Refusal } from '../../contract/http/refusal.ts'
import type { Registry } from '../../storage/registry/registry.ts'
import { clientAddress } from '../http/client.ts'
import { fixedFile, sendFile } from '../http/static-files.ts'
import { cookieOptions, pageTokenCookie, pageTokenOf, sessionIdsOf } from './session-cookie.ts'
import { openSession } from './session-routes.ts'
import type { PersonSignIn } from './sign-in.ts'

export interface LoginLinkParts {
  registry: Pick<Registry, 'loginLinks' | 'sessions'>
  signIn: PersonSignIn
}

/** Only of this page's form. */
const maxBodyBytes = 1000
const tokenBytes = 32

/**
 * `/masuk/CODE`: a one-time link leads to a page with a button, and the button signs its person in. Looking at the link uses
 * nothing up, as the preview of a chat program does (RFC 9110, 9.2.1). What the button sends is taken only from the page that
 * this browser was given: nobody signs another browser in.
 */
export function mountLoginLinks(app: Express, { registry, signIn }: LoginLinkParts): void {
  const readForm = express.urlencoded({ extended: false, limit: maxBodyBytes, inflate: false, parameterLimit: 4 })
  const style = fixedFile(pageStyle, 'text/css; charset=utf-8')
  app.get('/masuk.css', (request, response) => sendFile(request, response, style))

  app.get('/masuk/:code', (request, response) => {
    const token = randomBytes(tokenBytes).toString('base64url')
    response.cookie(pageTokenCookie, token, { ...cookieOptions(request), path: request.path })
    // With `no-referrer` a browser says `Origin: null` of what a form posts (Fetch, 3.2.5), which is not this page.
    response.set('Referrer-Policy', 'same-origin')
    response.set('Cache-Control', 'no-store').type('html').send(page(request.path, token))
  })

  app.post('/masuk/:code', readForm, async (request, response) => {
    response.set('Cache-Control', 'no-store')
    requirePage(request)
    response.clearCookie(pageTokenCookie, { ...cookieOptions(request), path: request.path })
    await redeem(request, response)
  })

  async function redeem(request: Request<{ code: string }>, response: Response): Promise<void> {
    const username = await registry.loginLinks.redeem(request.params.code)
    if (username === undefined || !(await signIn.mayUseLink(username))) {
      response.redirect(303, '/masuk?link=invalid')
      return
    }
    // Whoever was signed in here is not any more: one browser, one person.
    for (const before of sessionIdsOf(request)) await registry.sessions.close(before)
    await openSession({ registry, request, response }, username, { by: 'link', address: clientAddress(request) })
    response.redirect(303, '/')
  }
}

function requirePage(request: Request): void {
  const shown = Buffer.from(pageTokenOf(request.headers.cookie) ?? '')
  const { token }: { token?: unknown } = Object(request.body)
  const sent = Buffer.from(typeof token === 'string' ? token : '')
  if (shown.length === 0 || shown.length !== sent.length || !timingSafeEqual(shown, sent)) {
    throw new Refusal('cross-site', 'Open the link again and use its button.')
  }
}

/** Both languages at once: nobody has chosen one yet. `path` and `token` are of characters that mean nothing in HTML. */
function page(path: string, token: string): string {
  const action = encodeURI(path).replace(/[&<>"']/g, '')
  return `<!doctype html>
<html lang="id"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Masuk · Sign in</title><link rel="icon" href="data:,"><link rel="stylesheet" href="/masuk.css"></head>
<body><main><form method="post" action="${action}"><input type="hidden" name="token" value="${token}">
<h1>Masuk</h1>
<p>Tautan ini berlaku satu kali. Tekan tombol untuk masuk; siapa pun yang sedang masuk di peramban ini akan keluar.</p>
<p lang="en">This link works once. Press the button to sign in; whoever is signed in on this browser is signed out.</p>
<button type="submit">Masuk · <span lang="en">Sign in</span></button></form></main></body></html>`
}

const pageStyle = `
:root { color-scheme: light dark; font: 1.125rem/1.5 "Noto Sans", system-ui, sans-serif }
main { max-width: 32rem; margin: 15vh auto 0; padding: 0 1.5rem }
h1 { font-size: 1.5rem }
button { font: inherit; font-weight: 700; min-height: 3rem; padding: 0 1.5rem; margin-top: 1rem }
`
