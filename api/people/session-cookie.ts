import type { IncomingMessage } from 'node:http'
import type { CookieOptions, Response } from 'express'
import { dayMs } from '../../contract/time.ts'
import { clientOf } from '../http/client.ts'

export const sessionCookie = 'bcc_session'

/** Of a display; what it proves lasts for months. */
const displayCookie = 'bcc_display'
/** Ties what the button of a one-time link sends to the page that this browser was given. */
export const pageTokenCookie = 'bcc_link'
/** Browsers keep no cookie longer (RFC 6265bis, 5.5). */
const displayCookieMs = 400 * dayMs

function cookieOf(header: string | undefined, wanted: string): string | undefined {
  for (const pair of header?.split(';') ?? []) {
    const [name, ...rest] = pair.split('=')
    if (name?.trim() === wanted) return rest.join('=').trim()
  }
  return undefined
}

/**
 * A browser keeps its cookies by host, whatever the port: of two systems on one host each would write over the other's. So
 * there is a second one whose name ends with the port by which the asker calls us, and that one counts first.
 */
function ownName(request: IncomingMessage, name: string): string {
  const { host = '', secure } = clientOf(request)
  return `${name}_${/:(\d{1,5})$/.exec(host)?.[1] ?? (secure ? '443' : '80')}`
}

function valuesOf(request: IncomingMessage, name: string): string[] {
  const values = [ownName(request, name), name].map((one) => cookieOf(request.headers.cookie, one))
  return [...new Set(values)].filter((value) => value !== undefined)
}

/** What may be a person's session, the likelier first. */
export const sessionIdsOf = (request: IncomingMessage): string[] => valuesOf(request, sessionCookie)

/** What may be a display's identity, the likelier first. */
export const displayIdentitiesOf = (request: IncomingMessage): string[] => valuesOf(request, displayCookie)

export function setSession(request: IncomingMessage, response: Response, id: string): void {
  for (const name of [sessionCookie, ownName(request, sessionCookie)]) response.cookie(name, id, cookieOptions(request))
}

export function clearSession(request: IncomingMessage, response: Response): void {
  for (const name of [sessionCookie, ownName(request, sessionCookie)])
    response.clearCookie(name, cookieOptions(request))
}

export function setIdentity(request: IncomingMessage, response: Response, identity: string): void {
  const options = { ...cookieOptions(request), maxAge: displayCookieMs }
  for (const name of [displayCookie, ownName(request, displayCookie)]) response.cookie(name, identity, options)
}

export const pageTokenOf = (header: string | undefined): string | undefined => cookieOf(header, pageTokenCookie)

/** Secure where the asker came over TLS, to us or to a proxy that is trusted. */
export function cookieOptions(request: IncomingMessage): CookieOptions {
  return { httpOnly: true, sameSite: 'strict', path: '/', secure: clientOf(request).secure }
}
