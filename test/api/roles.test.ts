import express from 'express'
import { pino } from 'pino'
import { describe, expect, test } from 'vitest'
import { createCity } from '../../api/city.ts'
import { mountRoutes } from '../../api/http/answer.ts'
import { createLoginThrottle } from '../../api/http/login-throttle.ts'
import type { Route } from '../../api/http/route.ts'
import { createPipelineWatch } from '../../api/pipeline-watch.ts'
import { apiRoutes } from '../../api/routes/index.ts'
import { type Role, roles } from '../../contract/http.ts'
import { createOutside, openTestRegistry, siteDir, startCity } from './city-under-test.ts'

/** The very list that the server mounts. */
async function routeTable(): Promise<Route[]> {
  const registry = await openTestRegistry()
  const { ports } = createOutside()
  const city = createCity({ now: Date.now, findProfile: () => undefined })
  return apiRoutes({
    ...{ registry, city, profiles: [], history: ports.history, siteDir, secure: false, now: Date.now },
    site: { name: '', timeZone: '', version: '', build: '' },
    log: pino({ level: 'silent' }),
    pipeline: createPipelineWatch({ reader: ports.pipeline, brokerControl: ports.broker, now: Date.now }),
    reader: ports.pipeline,
    ingest: ports.ingest,
    throttle: createLoginThrottle({ now: Date.now }),
    lastAnchor: () => null,
    often: { note: async () => undefined, close: async () => undefined },
    followRegistry: async () => undefined,
  })
}

const samples: Record<string, string> = { id: 'nobody', layer: 'city.geojson' }
const pathOf = ({ path }: Route) => path.replaceAll(/\{(\w+)\}/g, (_all, name: string) => samples[name] ?? name)

test('each role reaches what the table gives it, and nothing else', async () => {
  const routes = await routeTable()
  const { call } = await startCity()
  const wrong: string[] = []
  for (const route of routes) {
    for (const as of [undefined, ...roles]) {
      // An empty body is refused only after the role has been let through.
      const { status } = await call(pathOf(route), { method: route.method.toUpperCase(), ...(as && { as }) })
      if (statusClass(status) !== expected(route, as))
        wrong.push(`${as ?? 'nobody'} ${route.method} ${route.path}: ${status}`)
    }
  }
  expect(wrong).toEqual([])
  expect(routes.length).toBeGreaterThan(15)
})

function statusClass(status: number): 'not-signed-in' | 'not-allowed' | 'let-through' {
  if (status === 401) return 'not-signed-in'
  return status === 403 ? 'not-allowed' : 'let-through'
}

function expected(route: Route, role: Role | undefined) {
  if (route.access === 'public') return 'let-through'
  if (role === undefined) return 'not-signed-in'
  return route.access.includes(role) ? 'let-through' : 'not-allowed'
}

describe('the table', () => {
  test('lets nobody but an admin change devices, and a wall change nothing', async () => {
    const routes = await routeTable()
    const writing = routes.filter(({ method, access }) => method !== 'get' && access !== 'public')
    const devices = writing.filter(({ path }) => path.startsWith('/api/v1/devices'))
    expect(devices.length).toBe(5)
    for (const { access } of devices) expect(access).toEqual(['admin'])
    const forWalls = writing
      .filter(({ access }) => access.includes('wall'))
      .map(({ method, path }) => `${method} ${path}`)
    expect(forWalls).toEqual(['delete /api/v1/session'])
    const forAuditors = writing.filter(({ access }) => access.includes('auditor')).map(({ path }) => path)
    expect(forAuditors).toEqual(['/api/v1/session'])
  })

  test('is public only where nobody can be signed in yet', async () => {
    const open = (await routeTable()).filter(({ access }) => access === 'public')
    expect(open.map(({ method, path }) => `${method} ${path}`)).toEqual(['post /api/v1/session', 'get /api/v1/site'])
  })

  test('a route that says nobody does not start', async () => {
    const { sessions } = await openTestRegistry()
    const route: Route = {
      ...{ method: 'get', path: '/api/v1/secret', summary: '', tag: '', access: [], input: {} },
      handle: () => undefined,
    }
    expect(() => mountRoutes(express(), [route], sessions)).toThrow(/does not say who/)
  })
})
