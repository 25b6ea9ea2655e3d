import type { Express, Request, RequestHandler, Response } from 'express'
import express from 'express'
import { z } from 'zod'
import { Refusal } from '../../contract/http/refusal.ts'
import { scanJson } from '../../contract/json/json-scan.ts'
import type { Role } from '../../contract/roles.ts'
import type { Caller, Callers } from '../people/callers.ts'
import { clientOf } from './client.ts'
import { createPieceWriter, jsonPieces, type PieceWriter } from './pieces.ts'
import { inputSchema, type Route } from './route.ts'

const defaultBodyBytes = 100_000
/** No body that is asked for is deeper; what nests by ten thousands takes long to parse. */
const maxDepth = 16
/** Of what is wrong with a request, so much is told. */
const maxTold = 100

/** Puts the routes on the app. Throws for a route that names nobody who may call it. */
export function mountRoutes(app: Express, routes: readonly Route[], callers: Callers): void {
  const writer = createPieceWriter()
  for (const route of routes) {
    if (route.access !== 'public' && route.access.length === 0) {
      throw new Error(`${route.method} ${route.path} does not say who may call it`)
    }
    app[route.method](expressPath(route), answering({ route, callers, writer }))
  }
}

export function expressPath({ path }: Pick<Route, 'path'>): string {
  return path.replaceAll(/\{(\w+)\}/g, ':$1')
}

interface Answering {
  route: Route
  callers: Callers
  writer: PieceWriter
}

function answering({ route, callers, writer }: Answering): RequestHandler {
  const schema = inputSchema(route.input)
  const limit = route.maxBodyBytes ?? defaultBodyBytes
  const readJson = express.json({ limit, inflate: false, type: 'application/json', verify: requireShallow })
  return async (request, response) => {
    const known = route.access === 'public' ? undefined : await requireRole(request, callers, route)
    const caller = () => known ?? refuseNobody()
    const type = answerType(route, request)
    const body = route.input.body === undefined ? undefined : await bodyOf(request, response, readJson)
    const input = parseInput(schema, { params: request.params, query: request.query, body }, languageOf(request))
    const answer = await route.handle(input, { caller, request, response })
    if (!response.headersSent) await send({ route, writer }, answer, type, { request, response })
  }
}

async function requireRole(request: Request, callers: Callers, { access, method, path }: Route): Promise<Caller> {
  const allowed: readonly Role[] = access === 'public' ? [] : access
  const caller = await callers.ofRequest(request)
  if (!allowed.includes(caller.role)) {
    await callers.refused(caller, `${method} ${path}`)
    throw new Refusal('not-allowed', `This needs one of the roles: ${allowed.join(', ')}.`)
  }
  clientOf(request).settle()
  return caller
}

function refuseNobody(): never {
  throw new Refusal('not-signed-in')
}

function requireShallow(_request: unknown, _response: unknown, body: Buffer): void {
  if (scanJson(body).depth > maxDepth) throw new Refusal('bad-json', `The body is nested more than ${maxDepth} deep.`)
}

async function bodyOf(request: Request, response: Response, readJson: RequestHandler): Promise<unknown> {
  const empty = request.headers['content-length'] === '0'
  if (!empty && request.is('application/json') === false) throw new Refusal('not-json-type')
  // Not before it is known that the body is wanted: RFC 9110, 10.1.1.
  if (/^100-continue$/i.test(request.headers.expect ?? '')) response.writeContinue()
  await new Promise<void>((resolve, reject) => {
    readJson(request, response, (error?: unknown) => (error === undefined ? resolve() : reject(error)))
  })
  return request.body
}

/** What is wrong with a field, in the languages that somebody may ask for; English for machines that ask for none. */
const fieldWords = { en: z.locales.en().localeError, id: z.locales.id().localeError }

function languageOf(request: Request): keyof typeof fieldWords {
  return request.acceptsLanguages('en', 'id') === 'id' ? 'id' : 'en'
}

function parseInput(schema: z.ZodType, raw: unknown, language: keyof typeof fieldWords): unknown {
  const parsed = schema.safeParse(raw, { error: fieldWords[language] })
  if (parsed.success) return parsed.data
  const { issues } = parsed.error
  const errors = issues.slice(0, maxTold).map(({ path, message }) => ({ path: path.join('.'), message }))
  if (issues.length > maxTold) errors.push({ path: '', message: `${issues.length - maxTold} more` })
  const detail = errors.map(({ path, message }) => `${path}: ${message}`).join('; ')
  throw new Refusal('bad-request', detail, { errors })
}

/** Before anything is done: what cannot be told afterwards is not begun (RFC 9110, 15.5.7). `undefined`: nothing is told. */
function answerType(route: Route, request: Request): string | undefined {
  if (route.answer === undefined) return undefined
  const { format } = request.query
  if (format === 'json') return 'application/json'
  if (format !== undefined && format === route.other?.name) return route.other.type
  const types = ['application/json', ...(route.other === undefined ? [] : [route.other.type])]
  const chosen = request.accepts(types)
  if (chosen === false) throw new Refusal('not-acceptable', `It can be given as: ${types.join(', ')}.`)
  return chosen
}

async function send(
  { route, writer }: { route: Route; writer: PieceWriter },
  answer: unknown,
  type: string | undefined,
  { request, response }: { request: Request; response: Response },
): Promise<void> {
  if (type === undefined) {
    response.status(204).end()
    return
  }
  response.status(route.status ?? 200).vary('Accept')
  if (route.other === undefined || type === 'application/json') {
    response.type('json')
    return writer.write(response, jsonPieces(answer))
  }
  const { pieces, headers } = route.other.encode(answer, request)
  response.set(headers).type(route.other.type)
  return writer.write(response, pieces)
}
