import type { IncomingMessage } from 'node:http'
import type { RequestHandler } from 'express'
import helmet from 'helmet'
import { Refusal } from '../refusal.ts'

/** Headers of every answer. MapLibre starts its workers from blob URLs. */
export function securityHeaders(tls: boolean): RequestHandler {
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        scriptSrc: ["'self'"],
        workerSrc: ["'self'", 'blob:'],
        imgSrc: ["'self'", 'data:', 'blob:'],
        objectSrc: ["'none'"],
        baseUri: ["'none'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
      },
    },
    referrerPolicy: { policy: 'no-referrer' },
    frameguard: { action: 'deny' },
    strictTransportSecurity: tls && { maxAge: 31_536_000, includeSubDomains: false },
    // Without TLS a browser ignores these two, and complains on every page.
    crossOriginOpenerPolicy: tls,
    originAgentCluster: tls,
  })
}

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS'])

/** Refuses what another site's page makes a signed-in browser send. Programs send neither header. */
export const sameSiteOnly: RequestHandler = (request, _response, next) => {
  if (!safeMethods.has(request.method)) {
    const site = request.headers['sec-fetch-site']
    if (site !== undefined && site !== 'same-origin' && site !== 'none') throw new Refusal('cross-site')
    if (!isSameOrigin(request)) throw new Refusal('cross-site')
  }
  next()
}

/** True when the page that asks came from this host, or when the asker is no page at all. */
export function isSameOrigin(request: IncomingMessage): boolean {
  const { origin, host } = request.headers
  if (origin === undefined) return true
  return URL.canParse(origin) && host !== undefined && new URL(origin).host === host.toLowerCase()
}
