import type { CookieOptions } from 'express'

export const sessionCookie = 'bcc_session'

/** Of a screen of the wall; what it proves lasts for months. */
export const displayCookie = 'bcc_display'
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

export function cookieOptions(secure: boolean): CookieOptions {
  return { httpOnly: true, sameSite: 'strict', path: '/', secure }
}

export function displayCookieOptions(secure: boolean): CookieOptions {
  return { ...cookieOptions(secure), maxAge: displayCookieMs }
}
