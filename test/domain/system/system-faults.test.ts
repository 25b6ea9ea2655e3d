import { expect, test } from 'vitest'
import type { Pipeline } from '../../../contract/http/pipeline.ts'
import { systemFaults } from '../../../domain/system/system-faults.ts'

const nowMs = Date.UTC(2026, 10, 21)
const dayMs = 86_400_000
const inDays = (days: number) => new Date(nowMs + days * dayMs).toISOString()

function pipeline(more: Partial<Pipeline> = {}): Pipeline {
  return {
    ...{ received: 0, stored: 0, duplicates: 0, rejected: {}, waiting: 0, lagMs: 0, notes: {} },
    store: { engine: 'sqlite', up: true, detail: null, waiting: 0 },
    storage: null,
    broker: {
      ...{ up: true, connected: 1, refused: {}, open: false, mqtt: null },
      services: { connections: 0, delivered: 0, dropped: 0, waitingBytes: 0, states: 'off' },
      journal: { bytes: 0, quotaBytes: 1, full: false, lastError: null },
    },
    ...{ ingest: { up: true, countedAt: null }, api: { open: false }, certificate: null },
    ...more,
  }
}

const codesOf = (more: Partial<Pipeline>) =>
  systemFaults(pipeline(more), nowMs).map((fault) => [fault.code, 'days' in fault ? fault.days : undefined])

test('a system that works has none, with a certificate that ends in a year too', () => {
  expect(codesOf({})).toEqual([])
  expect(codesOf({ certificate: { notAfter: inDays(365), caNotAfter: inDays(3650), fault: null } })).toEqual([])
})

test.each([
  ['31 days', 31, []],
  ['30 days', 30, [['certificate', 30]]],
  ['a day', 1, [['certificate', 1]]],
  ['hours', 0.5, [['certificateSoon', undefined]]],
  ['nothing', -0.1, [['certificateEnded', undefined]]],
])('a certificate with %s left', (_what, days, found) => {
  expect(codesOf({ certificate: { notAfter: inDays(days), caNotAfter: null, fault: null } })).toEqual(found)
})

test('an authority that ends, and files that cannot be used, are told beside it', () => {
  expect(codesOf({ certificate: { notAfter: inDays(90), caNotAfter: inDays(7), fault: 'broken' } })).toEqual([
    ['ca', 7],
    ['tlsFault', undefined],
  ])
  expect(codesOf({ certificate: { notAfter: inDays(90), caNotAfter: inDays(0.5), fault: null } })).toEqual([
    ['caSoon', undefined],
  ])
  expect(codesOf({ certificate: { notAfter: inDays(90), caNotAfter: inDays(-1), fault: null } })).toEqual([
    ['caEnded', undefined],
  ])
})

test('a plain port that is open to the network is told while it is', () => {
  const { broker } = pipeline()
  expect(codesOf({ broker: { ...broker, open: true }, api: { open: true } })).toEqual([
    ['open', undefined],
    ['openHttp', undefined],
  ])
})
