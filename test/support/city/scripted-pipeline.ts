import type { PipelineCounters } from '../../../contract/feed.ts'
import type { Pipeline, QuarantineItem } from '../../../contract/http/pipeline.ts'
import type { OwnSession } from '../../../contract/http/session.ts'

/** When ingest has told its counters. */
export type CountedPipeline = Pipeline & PipelineCounters & { lagMs: number }

/** What a scripted backend has done and refused before its first page, and where its person is signed in. */

export function firstPipeline(): CountedPipeline {
  return {
    received: 184_220,
    stored: 183_910,
    duplicates: 212,
    rejected: { 'not-json': 61, 'unknown-device': 22 },
    waiting: 15,
    lagMs: 180,
    store: { engine: 'sqlite', up: true, detail: null, waiting: 15 },
    storage: {
      ...{ hotBytes: 210_000_000, coldBytes: 1_400_000_000, budgetBytes: 8_000_000_000, freeBytes: 52_000_000_000 },
      ...{ overBudget: false, low: false, missingDays: 0, damagedFiles: [], fault: null },
      outbox: { bytes: 0, quotaBytes: 2_147_483_648 },
      sealed: { days: 1080, points: 201_000_000 },
      dropped: [{ class: 'telemetry', cause: 'retention', days: 2, points: 4_100_000 }],
    },
    notes: {
      late: 41,
      clockFixed: 3,
      serverStamped: 120,
      implausibleValues: 7,
      namelessValues: 0,
      unusableValues: 2,
      ignoredFields: 0,
      unforwardedHistory: 0,
    },
    broker: {
      up: true,
      connected: 106,
      refused: { 'bad-credentials': 4 },
      services: { connections: 0, delivered: 0, dropped: 0, waitingBytes: 0, states: 'off' },
      journal: { bytes: 9_400_000, quotaBytes: 1_000_000_000, full: false, lastError: null },
      open: false,
      mqtt: { port: 1884, tlsPort: null, topicRoot: 'kota/v2' },
    },
    ingest: { up: true, countedAt: '2026-11-21T01:00:00.000Z' },
    api: { open: false },
    certificate: null,
  }
}

export function quarantined(n: number, nowMs: number): QuarantineItem[] {
  const payloads = ['{"ts":"2026-11-21T08:00', 'halo', '{"temp":21.5}', '\u0001\u0002biner\uFFFD']
  return Array.from({ length: n }, (_, i) => {
    const text = payloads[i % payloads.length] ?? ''
    const bytes = Buffer.from(text)
    return {
      id: String(n - i),
      at: new Date(nowMs - i * 97_000).toISOString(),
      topic: `binjai/v1/sensor/udara-0${(i % 4) + 1}/telemetry`,
      deviceId: `udara-0${(i % 4) + 1}`,
      reason: i % 3 === 0 ? 'unknown-device' : 'not-json',
      detail: i % 3 === 0 ? 'no such device' : `unexpected end at ${bytes.length}`,
      readings: 1,
      bytes: bytes.length,
      text,
      base64: bytes.toString('base64'),
      retriedAt: null,
    }
  })
}

export function ownSessions(nowMs: number): OwnSession[] {
  const browser =
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36'
  const at = (minutes: number) => new Date(nowMs - minutes * 60_000).toISOString()
  return [
    { id: '0'.repeat(16), createdAt: at(3), seenAt: at(0), address: '10.20.30.40', browser, current: true },
    {
      id: '1'.repeat(16),
      createdAt: at(400),
      seenAt: at(25),
      address: '2001:db8:1234:5678:9abc:def0:1234:5678',
      browser,
      current: false,
    },
    { id: '2'.repeat(16), createdAt: at(500), seenAt: at(20), address: null, browser: null, current: false },
  ]
}
