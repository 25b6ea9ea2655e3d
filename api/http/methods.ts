import type { Express, Request, Response } from 'express'
import { Refusal } from '../../contract/http/refusal.ts'

/**
 * What else is asked of a path that is known: OPTIONS is told what may be done, anything else gets 405 (RFC 9110, 15.5.6).
 * Mount it behind the handlers of these paths.
 */
export function mountMethods(app: Express, methodsOf: ReadonlyMap<string, readonly string[]>): void {
  for (const [path, methods] of methodsOf) {
    const allow = allowed(methods)
    app.all(path, (request, response) => refuseMethod(request, response, allow))
  }
}

/** For what can only be read. Afterwards the answer may have been sent. */
export function requireReading(request: Request, response: Response): void {
  if (request.method !== 'GET' && request.method !== 'HEAD') refuseMethod(request, response, allowed(['GET']))
}

function refuseMethod({ method, path }: Request, response: Response, allow: string): void {
  if (method !== 'OPTIONS') {
    throw new Refusal('wrong-method', `${path} knows ${allow}.`, { headers: { Allow: allow } })
  }
  response.set('Allow', allow).status(204).end()
}

function allowed(methods: readonly string[]): string {
  const head = methods.includes('GET') ? ['HEAD'] : []
  return [...methods, ...head, 'OPTIONS'].join(', ')
}
