import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { inputSchema } from '../../../api/http/route.ts'
import { problemSchema } from '../../../contract/http/problem.ts'
import { startCity } from '../city-under-test.ts'
import { routeTable } from '../route-table.ts'

/** Of JSON Schema, what bounds a value. */
interface Shape {
  type?: string
  enum?: unknown[]
  const?: unknown
  format?: string
  pattern?: string
  maxLength?: number
  minimum?: number
  exclusiveMinimum?: number
  maximum?: number
  maxItems?: number
  properties?: Record<string, Shape>
  additionalProperties?: boolean | Shape
  items?: Shape
  prefixItems?: Shape[]
  anyOf?: Shape[]
  /** Of any JSON, as a whole. */
  'x-maxBytes'?: number
  $ref?: string
  $defs?: Record<string, Shape>
}

const isBoundedPattern = (pattern: string) =>
  /^\^.*\$$/.test(pattern) && !/[*+]|,\}/.test(pattern.replaceAll(/\[[^\]]*\]/g, '.'))

const isAmong = ({ enum: some, const: one }: Shape) => some !== undefined || one !== undefined
const isText = ({ maxLength, format, pattern = '' }: Shape) =>
  maxLength !== undefined || format === 'date-time' || isBoundedPattern(pattern)
const isBetween = ({ minimum, exclusiveMinimum, maximum }: Shape) =>
  (minimum ?? exclusiveMinimum) !== undefined && maximum !== undefined

const bounds: Record<string, (shape: Shape) => boolean> = {
  string: isText,
  number: isBetween,
  integer: isBetween,
  array: ({ maxItems, prefixItems }) => maxItems !== undefined || prefixItems !== undefined,
  boolean: () => true,
  null: () => true,
  object: () => true,
}

/** Where in a schema something has no bound. */
function unbounded(shape: Shape, path: string, defs: Record<string, Shape> = {}): string[] {
  const known = { ...defs, ...shape.$defs }
  const inside = (one: Shape, name: string) => unbounded(one, `${path}.${name}`, known)
  if (shape.$ref !== undefined) return inside(known[shape.$ref.split('/').at(-1) ?? ''] ?? {}, '')
  if (shape.anyOf !== undefined) return shape.anyOf.flatMap((one) => unbounded(one, path, known))
  const isBounded = isAmong(shape) || shape['x-maxBytes'] !== undefined || bounds[shape.type ?? '']?.(shape)
  return [
    ...(isBounded === true ? [] : [`${path}: ${shape.type} without a bound`]),
    ...Object.entries(shape.properties ?? {}).flatMap(([name, one]) => inside(one, name)),
    ...(shape.items === undefined || shape.prefixItems !== undefined ? [] : inside(shape.items, 'items')),
    ...(shape.prefixItems ?? []).flatMap((one, index) => inside(one, String(index))),
  ]
}

describe('what a caller may send', () => {
  test('has a bound everywhere: length of text, range of numbers, number of items', async () => {
    const routes = await routeTable()
    const found = routes.flatMap(({ method, path, input }) => {
      const shape = z.toJSONSchema(inputSchema(input), { io: 'input', unrepresentable: 'any' })
      // JSON Schema, of which `Shape` names the parts that are read.
      return unbounded(shape as Shape, `${method} ${path}`)
    })
    expect(routes.length).toBeGreaterThan(20)
    expect(found).toEqual([])
  })

  test.each([
    [{ name: 'x'.repeat(80) }, { name: 'x'.repeat(81) }],
    [{ name: 'x' }, { name: ' ' }],
    [{ opd: 'x'.repeat(80) }, { opd: 'x'.repeat(81) }],
    [{ areaCode: 'x'.repeat(20) }, { areaCode: 'x'.repeat(21) }],
    [{ lat: -90, lon: 180 }, { lat: -90.1 }],
    [{ lon: -180 }, { lon: 180.1 }],
    [{ expectedS: 604_800 }, { expectedS: 604_801 }],
    [{ expectedS: 0.1 }, { expectedS: 0 }],
    [{ id: `r${'-'.repeat(62)}` }, { id: `r${'-'.repeat(63)}` }],
    [{ id: 'r2' }, { id: 'r' }],
    [{ id: '0a' }, { id: '-r-2' }],
    [{ id: 'r-9' }, { id: 'R-9' }],
    [{ id: 'r-8' }, { id: 'r_8' }],
  ])('of a device: %j is taken, %j is not', async (good, bad) => {
    const { call, registry } = await startCity()
    const create = async (more: object) => {
      const body = { id: 'r-1', profile: 'river-gauge', ...more }
      return (await call('/api/v1/devices', { as: 'admin', method: 'POST', body })).status
    }
    expect(await create(bad)).toBe(400)
    expect(await registry.devices.list()).toEqual([])
    expect(await create(good)).toBe(201)
  })
})

test('a body that is nested deeper than any that is asked for is refused before it is parsed', async () => {
  const { call } = await startCity()
  const nested = (depth: number): unknown => (depth === 0 ? 1 : [nested(depth - 1)])
  const send = async (depth: number) =>
    (await call('/api/v1/maintenance', { as: 'admin', method: 'POST', body: nested(depth) })).json
  expect(await send(16)).toMatchObject({ status: 400, type: '/api/docs#problem-bad-request' })
  expect(await send(17)).toMatchObject({ status: 400, type: '/api/docs#problem-bad-json' })
})

test('of what is wrong with a request the first hundred things are told, and how many more there are', async () => {
  const { call } = await startCity()
  const send = async (wrong: number) => {
    const body = { deviceIds: Array(wrong).fill(7), until: '2999-01-01T00:00:00Z', reason: 'semua' }
    const { json } = await call('/api/v1/maintenance', { as: 'admin', method: 'POST', body })
    return problemSchema.parse(json).errors ?? []
  }
  expect(await send(100)).toHaveLength(100)
  const errors = await send(1000)
  expect(errors).toHaveLength(101)
  expect(errors.at(-1)).toEqual({ path: '', message: '900 more' })
})
