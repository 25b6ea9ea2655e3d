import type { IncomingMessage } from 'node:http'
import type { RequestHandler } from 'express'
import helmet, { type HelmetOptions } from 'helmet'
import { Refusal } from '../../contract/http/refusal.ts'
import { clientOf } from './client.ts'

/**
 * What a page of ours never needs, for whatever might run in it; https://www.w3.org/TR/permissions-policy/. Only the place
 * of a phone is used, by the page that installs a device, and the browser still asks the person.
 */
const permissions = 'camera=(), microphone=(), geolocation=(self), payment=(), usb=(), serial=()'

/** Headers of every answer. MapLibre starts its workers from blob URLs. */
export function securityHeaders(): RequestHandler[] {
  const policy: RequestHandler = (_request, response, next) => {
    response.set('Permissions-Policy', permissions)
    next()
  }
  const [plain, overTls] = [helmet(helmetOptions(false)), helmet(helmetOptions(true))]
  return [policy, (request, response, next) => (clientOf(request).secure ? overTls : plain)(request, response, next)]
}

function helmetOptions(tls: boolean): HelmetOptions {
  return {
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
        requireTrustedTypesFor: ["'script'"],
        // One policy, made once at the start of a page: `dashboard/core/text/trusted-types.ts`.
        trustedTypes: ['default'],
      },
    },
    referrerPolicy: { policy: 'no-referrer' },
    frameguard: { action: 'deny' },
    strictTransportSecurity: tls && { maxAge: 31_536_000, includeSubDomains: false },
    // Without TLS a browser ignores these two, and complains on every page.
    crossOriginOpenerPolicy: tls,
    originAgentCluster: tls,
  }
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
  const { origin } = request.headers
  const { host } = clientOf(request)
  if (origin === undefined) return true
  if (host === undefined || !URL.canParse(origin)) return false
  const from = new URL(origin)
  // Some MQTT libraries name the default port in both headers.
  const here = `${from.protocol}//${host}`
  return URL.canParse(here) && from.host !== '' && from.host === new URL(here).host
}
