import { expect, test } from 'vitest'
import { isTopPriority } from '../../../domain/alarms/priority.ts'

const up = { up: true }
const calm = {
  linkUp: true,
  stopped: null,
  posts: [{ siaga: 2 }, { siaga: null }],
  pipeline: { broker: up, ingest: up, store: up },
} as const

test('Siaga 2 and a post that cannot be heard are not of the highest priority', () => {
  expect(isTopPriority(calm)).toBe(false)
  expect(isTopPriority({ ...calm, pipeline: undefined })).toBe(false)
})

test.each([
  ['Siaga 1', { posts: [{ siaga: 4 }, { siaga: 1 }] }],
  ['a server that is not there', { linkUp: false }],
  ['data that stopped', { stopped: { cause: 'ingest', ageMs: 9000 } }],
  ['a broker that is down', { pipeline: { ...calm.pipeline, broker: { up: false } } }],
  ['an ingest that is down', { pipeline: { ...calm.pipeline, ingest: { up: false } } }],
  ['a store that is down', { pipeline: { ...calm.pipeline, store: { up: false } } }],
] as const)('%s is', (_what, more) => {
  expect(isTopPriority({ ...calm, ...more })).toBe(true)
})
