import type { IncomingMessage } from 'node:http'
import type { CookieOptions } from 'express'
import { clientOf } from './client.ts'

export const sessionCookie = 'bcc_session'

/** Of a screen of the wall; what it proves lasts for months. */
export const displayCookie = 'bcc_display'
/** Ties what the button of a one-time link sends to the page that this browser was given. */
export const pageTokenCookie = 'bcc_link'
/** Browsers keep no cookie longer (RFC 6265bis, 5.5). */
const displayCookieMs = 400 * 86_400_000

function cookieOf(header: string | undefined, wanted: string): string | undefined {
  for (const pair of header?.split(';') ?? []) {
    const [name, ...rest] = pair.split('=')
    if (name?.trim() === wanted) return rest.join('=').trim()
  }
  return undefined
}

/** A person's session in a `Cookie` header. */
export const sessionIdOf = (header: string | undefined): string | undefined => cookieOf(header, sessionCookie)

/** A screen's identity in a `Cookie` header. */
export const displayIdentityOf = (header: string | undefined): string | undefined => cookieOf(header, displayCookie)

export const pageTokenOf = (header: string | undefined): string | undefined => cookieOf(header, pageTokenCookie)

/** Secure where the asker came over TLS, to us or to a proxy that is trusted. */
export function cookieOptions(request: IncomingMessage): CookieOptions {
  return { httpOnly: true, sameSite: 'strict', path: '/', secure: clientOf(request).secure }
}

export function displayCookieOptions(request: IncomingMessage): CookieOptions {
  return { ...cookieOptions(request), maxAge: displayCookieMs }
}
