import { io } from 'socket.io-client'
import { describe, expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import type { Route } from '../../../api/http/route.ts'
import { startCity } from '../city-under-test.ts'
import { peopleAtWork, personalIn } from '../people-at-work.ts'
import { routeTable } from '../route-table.ts'

const forWalls = ({ access }: Route) => access === 'public' || access.includes('wall')
const samples: Record<string, string> = { id: 'bus-01', layer: 'city.geojson' }
const pathOf = ({ path }: Route) => path.replaceAll(/\{(\w+)\}/g, (_all, name: string) => samples[name] ?? name)

/** Fields that would be of a person, by their names. */
const personalField =
  /^(actor|user|person|people|operator|citizen|reporter|contact|author|full_?name|e_?mail|phone|nik|photo|foto)|by$/i

/** Names of all fields that a schema allows. */
function fieldsOf(schema: unknown): string[] {
  if (typeof schema !== 'object' || schema === null) return []
  const own =
    'properties' in schema && typeof schema.properties === 'object' ? Object.keys(schema.properties ?? {}) : []
  return [...own, ...Object.values(schema).flatMap(fieldsOf)]
}

describe('what a wall is told, which everybody in the room can read', () => {
  test('holds no name of a person: not in any answer', async () => {
    const city = await startCity()
    const cookie = await peopleAtWork(city)
    const { token } = await city.registry.tokens.create({ name: 'dinding', role: 'wall' })
    await expect.poll(async () => (await city.call('/api/v1/devices/bus-01', { headers: { cookie } })).status).toBe(200)
    // The names are there to be found: an auditor reads them.
    expect(personalIn((await city.call('/api/v1/audit', { as: 'auditor' })).text)).not.toEqual([])
    const found: string[] = []
    for (const route of (await routeTable()).filter((one) => one.method === 'get' && forWalls(one))) {
      for (const headers of [{ cookie }, { authorization: `Bearer ${token}` }]) {
        const { text, status } = await city.call(pathOf(route), { headers })
        expect(status, route.path).toBeLessThan(500)
        found.push(...personalIn(text).map((trace) => `${route.path} ${trace}`))
      }
    }
    expect(found).toEqual([])
  })

  test('holds no name of a person: not in the live stream', async () => {
    const city = await startCity()
    const cookie = await peopleAtWork(city)
    const socket = io(`${city.url}/wall`, { transports: ['websocket'], forceNew: true, extraHeaders: { cookie } })
    onTestFinished(() => void socket.close())
    const got = new Map<string, string>()
    socket.onAny((name: string, payload: unknown) => got.set(name, `${got.get(name) ?? ''}${JSON.stringify(payload)}`))
    await expect.poll(() => got.has('snapshot')).toBe(true)
    await city.registry.as('user:siti.rahmawati').devices.patch('air-01', { name: 'Pos air' })
    await expect.poll(() => got.get('delta') ?? '').toContain('Pos air')
    await expect.poll(() => [...got.keys()]).toEqual(expect.arrayContaining(['pipeline', 'heartbeat', 'displays']))
    expect(got.get('displays')).toContain('utama-1')
    expect([...got].flatMap(([event, text]) => personalIn(text).map((trace) => `${event} ${trace}`))).toEqual([])
  })

  test('has no field for one', async () => {
    const routes = (await routeTable()).filter(forWalls)
    const fields = routes.flatMap(({ path, answer }) =>
      (answer === undefined ? [] : fieldsOf(z.toJSONSchema(answer, { io: 'output', unrepresentable: 'any' }))).map(
        (field) => `${path} ${field}`,
      ),
    )
    expect(fields.length).toBeGreaterThan(100)
    // Its own name, which is a screen's; and whose a reading by hand is, which a wall is not told (see above).
    const known = ['/api/v1/session username', '/api/v1/devices/{id}/readings author']
    expect(fields.filter((field) => personalField.test(field.split(' ')[1] ?? '') && !known.includes(field))).toEqual(
      [],
    )
  })
})
