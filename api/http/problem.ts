import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { ErrorRequestHandler, RequestHandler } from 'express'
import type { Logger } from 'pino'
import type { Problem } from '../../contract/http/problem.ts'
import { Refusal, type RefusalCode, refusals } from '../../contract/http/refusal.ts'
import { StoreUnavailableError } from '../../contract/ports/telemetry.ts'

/** Where `/api/docs` explains this kind of problem. */
export function problemType(code: RefusalCode): string {
  return `/api/docs#problem-${code}`
}

interface ProblemAnswer {
  status: number
  headers: Record<string, string>
  body: string
}

/** A refusal as RFC 9457 tells it. */
export function problemOf({ code, message, errors }: Refusal): Problem {
  const { status, title } = refusals[code]
  const words = { ...(message !== title && { detail: message }), ...(errors !== undefined && { errors }) }
  return { type: problemType(code), title, status, ...words }
}

/** What is refused may be allowed in a moment, or to somebody else: nobody keeps such an answer. */
function problemAnswer(refusal: Refusal): ProblemAnswer {
  const { status } = refusals[refusal.code]
  const body = JSON.stringify(problemOf(refusal))
  const headers = {
    'Content-Type': 'application/problem+json',
    'Content-Length': String(Buffer.byteLength(body)),
    'Cache-Control': 'no-store',
    ...(refusal.retryAfterS !== undefined && { 'Retry-After': String(refusal.retryAfterS) }),
    ...(status === 401 && { 'WWW-Authenticate': 'Bearer realm="bcc", Cookie realm="bcc"' }),
    ...refusal.headers,
  }
  return { status, headers, body }
}

export function sendProblem(response: ServerResponse, refusal: Refusal): void {
  const { status, headers, body } = problemAnswer(refusal)
  response.statusCode = status
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
  for (const name of ['Set-Cookie', 'ETag', 'Last-Modified', 'Location', 'Content-Encoding'])
    response.removeHeader(name)
  response.end(body)
}

/** The same on a connection that asked to become something else, and ends. */
export function refuseUpgrade(socket: Socket, refusal: Refusal): void {
  const { status, headers, body } = problemAnswer(refusal)
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
  socket.write([`HTTP/1.1 ${status} Refused`, ...lines, 'Connection: close', '', body].join('\r\n'))
  socket.destroySoon()
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
