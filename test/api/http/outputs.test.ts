import { expect, test } from 'vitest'
import { z } from 'zod'
import type { Route } from '../../../api/http/route.ts'
import { commandSchema } from '../../../contract/http/commands.ts'
import type { Role } from '../../../contract/roles.ts'
import { startCity } from '../city-under-test.ts'
import { peopleAtWork } from '../people-at-work.ts'
import { routeTable } from '../route-table.ts'

/** Of JSON Schema, what names the fields of an answer. */
interface Shape {
  properties?: Record<string, Shape>
  additionalProperties?: boolean | Shape
  items?: Shape
  prefixItems?: Shape[]
  anyOf?: Shape[]
  allOf?: Shape[]
  $ref?: string
  $defs?: Record<string, Shape>
}

/** Fields of an answer that its schema does not name, by their paths. */
function undeclared(value: unknown, shape: Shape, path: string, defs: Record<string, Shape> = {}): string[] {
  const known = { ...defs, ...shape.$defs }
  if (shape.$ref !== undefined) return undeclared(value, known[shape.$ref.split('/').at(-1) ?? ''] ?? {}, path, known)
  const choices = shape.anyOf ?? shape.allOf
  // The one that fits best.
  if (choices !== undefined) {
    const found = choices.map((one) => undeclared(value, one, path, known))
    return found.toSorted((one, other) => one.length - other.length)[0] ?? []
  }
  if (Array.isArray(value))
    return value.flatMap((one, index) =>
      undeclared(one, shape.prefixItems?.[index] ?? shape.items ?? {}, `${path}[]`, known),
    )
  return typeof value === 'object' && value !== null ? undeclaredIn(value, shape, path, known) : []
}

function undeclaredIn(value: object, shape: Shape, path: string, defs: Record<string, Shape>): string[] {
  const { properties = {}, additionalProperties: others } = shape
  return Object.entries(value).flatMap(([name, one]) => {
    const field = Object.hasOwn(properties, name) ? properties[name] : others
    return typeof field === 'object' ? undeclared(one, field, `${path}.${name}`, defs) : [`${path}.${name}`]
  })
}

const samples: Record<string, string> = { id: 'bus-01', layer: 'city.geojson' }
const pathOf = ({ path }: Route, commandId: string) =>
  path
    .replace('/commands/{id}', `/commands/${commandId}`)
    .replaceAll(/\{(\w+)\}/g, (_all, name: string) => samples[name] ?? name)
const readers: readonly Role[] = ['wall', 'operator', 'supervisor', 'admin', 'auditor']

test('no answer has a field that its schema does not name, whoever asks', async () => {
  const city = await startCity()
  await peopleAtWork(city)
  await expect.poll(async () => (await city.call('/api/v1/devices/bus-01', { as: 'admin' })).status).toBe(200)
  const command = { name: 'any', args: 7 }
  const made = await city.call('/api/v1/devices/bus-01/commands', { as: 'operator', method: 'POST', body: command })
  const { id: commandId } = commandSchema.parse(made.json)
  const reading = (await routeTable()).filter(({ method, answer }) => method === 'get' && answer !== undefined)
  const found: string[] = []
  let asked = 0
  for (const route of reading) {
    // JSON Schema, of which `Shape` names the parts that are read.
    const shape = z.toJSONSchema(route.answer ?? z.never(), { io: 'output', unrepresentable: 'any' }) as Shape
    for (const as of readers.filter((role) => route.access === 'public' || route.access.includes(role))) {
      const { status, json } = await city.call(pathOf(route, commandId), { as })
      expect(status, route.path).toBe(200)
      asked += 1
      found.push(...undeclared(json, shape, route.path))
    }
  }
  expect(asked).toBeGreaterThan(40)
  expect([...new Set(found)]).toEqual([])
})

test('a field that nobody named is found', () => {
  const shape = z.toJSONSchema(z.object({ items: z.array(z.object({ a: z.number() })) })) as Shape
  expect(undeclared({ items: [{ a: 1, b: 2 }] }, shape, 'x')).toEqual(['x.items[].b'])
})
