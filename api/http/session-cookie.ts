import type { CookieOptions } from 'express'

export const sessionCookie = 'bcc_session'

/** Value of our cookie in a `Cookie` header. */
export function sessionIdOf(header: string | undefined): string | undefined {
  for (const pair of header?.split(';') ?? []) {
    const [name, ...rest] = pair.split('=')
    if (name?.trim() === sessionCookie) return rest.join('=').trim()
  }
  return undefined
}

export function cookieOptions(secure: boolean): CookieOptions {
  return { httpOnly: true, sameSite: 'strict', path: '/', secure }
}
