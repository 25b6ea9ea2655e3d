import { expect, test } from 'vitest'
import type { Pipeline } from '../../../../contract/http/pipeline.ts'
import { systemFaults } from '../../../../dashboard/core/city/system-faults.ts'

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
      journal: { bytes: 0, quotaBytes: 1, full: false, lastError: null },
    },
    ...{ ingest: { up: true, countedAt: null }, api: { open: false }, certificate: null },
    ...more,
  }
}

const keysOf = (more: Partial<Pipeline>) =>
  systemFaults(pipeline(more), nowMs).map(({ key, params }) => [key, params?.days])

test('a system that works has none, with a certificate that ends in a year too', () => {
  expect(keysOf({})).toEqual([])
  expect(keysOf({ certificate: { notAfter: inDays(365), caNotAfter: inDays(3650), fault: null } })).toEqual([])
})

test.each([
  ['31 days', 31, []],
  ['30 days', 30, [['own.certificate', 30]]],
  ['a day', 1, [['own.certificate', 1]]],
  ['hours', 0.5, [['own.certificateSoon', undefined]]],
  ['nothing', -0.1, [['own.certificateEnded', undefined]]],
])('a certificate with %s left', (_what, days, found) => {
  expect(keysOf({ certificate: { notAfter: inDays(days), caNotAfter: null, fault: null } })).toEqual(found)
})

test('an authority that ends, and files that cannot be used, are told beside it', () => {
  expect(keysOf({ certificate: { notAfter: inDays(90), caNotAfter: inDays(7), fault: 'broken' } })).toEqual([
    ['own.ca', 7],
    ['own.tlsFault', undefined],
  ])
  expect(keysOf({ certificate: { notAfter: inDays(90), caNotAfter: inDays(0.5), fault: null } })).toEqual([
    ['own.caSoon', undefined],
  ])
  expect(keysOf({ certificate: { notAfter: inDays(90), caNotAfter: inDays(-1), fault: null } })).toEqual([
    ['own.caEnded', undefined],
  ])
})

test('a plain port that is open to the network is told while it is', () => {
  const { broker } = pipeline()
  expect(keysOf({ broker: { ...broker, open: true }, api: { open: true } })).toEqual([
    ['own.open', undefined],
    ['own.openHttp', undefined],
  ])
})
