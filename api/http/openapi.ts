import { createDocument, type ZodOpenApiOperationObject, type ZodOpenApiPathsObject } from 'zod-openapi'
import { problemSchema } from '../../contract/http/problem.ts'
import { type RefusalCode, refusals } from '../../contract/http/refusal.ts'
import { sessionCookie } from '../people/session-cookie.ts'
import type { Route } from './route.ts'

export type OpenApiDocument = ReturnType<typeof createDocument>

/** OpenAPI 3.1 of these routes, from the same schemas that check their requests. */
export function describeRoutes(
  routes: readonly Route[],
  { brand, version }: { brand: string; version: string },
): OpenApiDocument {
  const paths: ZodOpenApiPathsObject = {}
  for (const route of routes) {
    paths[route.path] = { ...paths[route.path], [route.method]: operation(route) }
  }
  return createDocument({
    openapi: '3.1.1',
    info: {
      title: brand,
      version,
      description:
        'Devices, their present state and their history. Times are RFC 3339 in UTC. Every refusal is an RFC 9457 problem.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    paths,
    components: {
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer' },
        session: { type: 'apiKey', in: 'cookie', name: sessionCookie },
      },
    },
  })
}

function operation(route: Route): ZodOpenApiOperationObject {
  const { input, access } = route
  return {
    operationId: operationId(route),
    summary: route.summary,
    tags: [route.tag],
    security: access === 'public' ? [] : [{ session: [] }, { token: [] }],
    ...(access !== 'public' && { 'x-roles': access }),
    requestParams: {
      ...(input.params !== undefined && { path: input.params }),
      ...(input.query !== undefined && { query: input.query }),
    },
    ...(input.body !== undefined && {
      requestBody: { required: true, content: { 'application/json': { schema: input.body } } },
    }),
    responses: { ...goodResponse(route), ...problemResponses(refusalsOf(route)) },
  }
}

/** `get /api/v1/devices/{id}/readings` → `getDevicesIdReadings` */
function operationId({ method, path }: Route): string {
  const words = path.replace(/^\/api\/v1/, '').match(/[a-z0-9]+/gi) ?? []
  return method + words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('')
}

function goodResponse(route: Route) {
  if (route.file !== undefined) return { 200: { description: 'The file', content: { [route.file]: {} } } }
  if (route.answer === undefined) return { 204: { description: 'Done' } }
  const content = {
    'application/json': { schema: route.answer },
    ...(route.other !== undefined && { [route.other.type]: { schema: { type: 'string' as const } } }),
  }
  return { [route.status ?? 200]: { description: 'Done', content } }
}

/** All that a route can refuse: its own, what follows from its role and input, and what the door refuses. */
export function refusalsOf({ access, input, method, answer, refusals: own = [] }: Route): RefusalCode[] {
  const all: RefusalCode[] = [
    'bad-request',
    ...(access === 'public' ? [] : (['not-signed-in', 'wrong-token', 'mqtt-only', 'not-allowed'] as const)),
    ...(method === 'get' ? [] : (['cross-site'] as const)),
    ...(answer === undefined ? [] : (['not-acceptable'] as const)),
    ...(input.body === undefined ? [] : (['bad-json', 'too-large', 'not-json-type'] as const)),
    ...own,
    ...(['unknown-host', 'too-many-requests', 'our-fault', 'busy'] as const),
  ]
  return [...new Set(all)]
}

function problemResponses(codes: readonly RefusalCode[]) {
  const byStatus = Map.groupBy(codes, (code) => refusals[code].status)
  return Object.fromEntries(
    [...byStatus].map(([status, sameStatus]) => [
      status,
      {
        description: sameStatus.map((code) => `\`${code}\`: ${refusals[code].title}`).join('. '),
        content: { 'application/problem+json': { schema: problemSchema } },
      },
    ]),
  )
}
