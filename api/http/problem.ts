import type { ErrorRequestHandler, RequestHandler, Response } from 'express'
import type { Logger } from 'pino'
import type { Problem } from '../../contract/http.ts'
import { StoreUnavailableError } from '../../contract/ports.ts'
import { Refusal, type RefusalCode, refusals } from '../refusal.ts'

/** Where `/api/docs` explains this kind of problem. */
export function problemType(code: RefusalCode): string {
  return `/api/docs#problem-${code}`
}

export function sendProblem(response: Response, refusal: Refusal): void {
  const { status, title } = refusals[refusal.code]
  const problem: Problem = {
    type: problemType(refusal.code),
    title,
    status,
    ...(refusal.message !== title && { detail: refusal.message }),
    ...(refusal.errors !== undefined && { errors: refusal.errors }),
  }
  if (refusal.retryAfterS !== undefined) response.set('Retry-After', String(refusal.retryAfterS))
  if (status === 401) response.set('WWW-Authenticate', 'Bearer realm="bcc", Cookie realm="bcc"')
  response.status(status).type('application/problem+json').send(JSON.stringify(problem))
}

/** Last handler of the chain: nothing was found. */
export const notFound: RequestHandler = (request) => {
  throw new Refusal('not-found', `There is no ${request.method} ${request.path}.`)
}

/** Answers every error as RFC 9457; our own faults are logged and told without their inside. */
export function problemHandler(log: Logger): ErrorRequestHandler {
  return (error: unknown, request, response, next) => {
    const refusal = asRefusal(error)
    if (refusal.code === 'our-fault') {
      log.error({ err: error, method: request.method, path: request.path }, 'a request failed through our fault')
    }
    if (response.headersSent) {
      next(error)
      return
    }
    sendProblem(response, refusal)
  }
}

/** By `type` of body-parser's errors. */
const bodyFaults: Record<string, RefusalCode> = {
  'entity.parse.failed': 'bad-json',
  'entity.too.large': 'too-large',
  'encoding.unsupported': 'not-json-type',
  'charset.unsupported': 'not-json-type',
}

function asRefusal(error: unknown): Refusal {
  if (error instanceof Refusal) return error
  if (error instanceof StoreUnavailableError) {
    return new Refusal('store-down', undefined, { retryAfterS: Math.ceil((error.retryAfterMs ?? 5000) / 1000) })
  }
  return new Refusal(error instanceof Error ? clientFault(error) : 'our-fault')
}

/** Express, its router and body-parser mark what the client did wrong with a 4xx status. */
function clientFault(error: Error & { type?: unknown; status?: unknown }): RefusalCode {
  const bodyFault = typeof error.type === 'string' ? bodyFaults[error.type] : undefined
  if (bodyFault !== undefined) return bodyFault
  const status = typeof error.status === 'number' ? error.status : 500
  if (status === 404) return 'not-found'
  return status >= 400 && status < 500 ? 'bad-request' : 'our-fault'
}
