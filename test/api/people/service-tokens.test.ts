import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { pino } from 'pino'
import { io } from 'socket.io-client'
import { describe, expect, onTestFinished, test } from 'vitest'
import { keepServiceUse } from '../../../api/people/service-use.ts'
import type { BrokerStatus } from '../../../contract/ports/control.ts'
import { openRegistry } from '../../../storage/registry/registry.ts'
import { tempDir } from '../../support/system/temp-dir.ts'
import { healthyBroker, openTestRegistry, startCity } from '../city-under-test.ts'

const filters = ['binjai/v1/+/+/telemetry', 'binjai/v1/bus/#']
const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } })
const service = { name: 'kota-lain', role: 'service', filters }

/** The broker with one connection of this service. */
const listening: BrokerStatus = {
  ...healthyBroker,
  services: {
    connections: [
      {
        ...{ name: 'kota-lain', clientId: 'satu', address: '10.0.0.7', sinceMs: Date.UTC(2026, 10, 30) },
        ...{ filters, subscriptions: 2, delivered: 7, dropped: 2, waitingBytes: 1024 },
      },
    ],
    totals: [{ name: 'kota-lain', connections: 1, delivered: 10, dropped: 3, seenAtMs: Date.now() }],
    states: 'current',
  },
}

test('an admin makes the token of a service, sees what it may hear and how it fares, and revokes it', async () => {
  const { call, outside, registry } = await startCity()
  const made = await call('/api/v1/tokens', { as: 'admin', method: 'POST', body: { ...service, days: 30 } })
  expect(made).toMatchObject({ status: 201, json: { record: { name: 'kota-lain', role: 'service', filters } } })
  outside.broker = listening
  expect((await call('/api/v1/tokens', { as: 'admin' })).json).toMatchObject({
    items: [{ name: 'kota-lain', filters, usedAt: null, mqtt: { connections: 1, delivered: 10, dropped: 3 } }],
  })
  outside.broker = undefined
  expect((await call('/api/v1/tokens', { as: 'admin' })).json).toMatchObject({ items: [{ mqtt: null }] })
  const [note] = await registry.audit.list({ limit: 10, action: 'token.created' })
  expect(note).toMatchObject({ target: 'kota-lain', detail: JSON.stringify({ role: 'service', days: 30, filters }) })
  expect((await call('/api/v1/tokens/kota-lain', { as: 'admin', method: 'DELETE' })).status).toBe(204)
})

test.each([
  ['without filters', { filters: undefined }, 'bad-filters'],
  ['with none', { filters: [] }, 'bad-request'],
  ['with 17', { filters: Array.from({ length: 17 }, (_none, n) => `binjai/v1/bus/bus-${n}/#`) }, 'bad-request'],
  ['with one of 129 bytes', { filters: [`binjai/v1/${'x'.repeat(119)}`] }, 'bad-request'],
  ['with a broken one', { filters: ['binjai/v1/#/x'] }, 'bad-filters'],
  ['with $share', { filters: ['$share/a/binjai/v1/#'] }, 'bad-filters'],
  ['with control characters', { filters: ['binjai/v1/\u0007'] }, 'bad-filters'],
  ['of another role with filters', { role: 'wall' }, 'bad-filters'],
])('a token is not made %s', async (_what, wrong, code) => {
  const { call } = await startCity()
  const answer = await call('/api/v1/tokens', { as: 'admin', method: 'POST', body: { ...service, ...wrong } })
  expect(answer).toMatchObject({ status: 400, json: { type: `/api/docs#problem-${code}` } })
})

test('where the topic root is known, a filter begins with it', async () => {
  const file = join(tempDir(), 'registry.db')
  const registry = await openRegistry({ file, pepper: randomBytes(32), topicRoot: 'binjai/v1' })
  onTestFinished(() => registry.close())
  const create = (filter: string) => registry.tokens.create({ name: 'a', role: 'service', filters: [filter] })
  await expect(create('medan/v1/#')).rejects.toMatchObject({
    code: 'bad-filters',
    message: /begins with "binjai\/v1\/"/,
  })
  await expect(create('#')).rejects.toMatchObject({ code: 'bad-filters' })
  await create('binjai/v1/#')
})

describe('the token of a service', () => {
  test('has no rights over HTTP, and is told so', async () => {
    const { call, registry } = await startCity()
    const { token } = await registry.tokens.create({ name: 'kota-lain', role: 'service', filters })
    for (const path of ['state', 'session', 'devices', 'pipeline', 'tokens', 'metrics'])
      expect(await call(`/api/v1/${path}`, bearer(token))).toMatchObject({
        status: 403,
        json: { type: '/api/docs#problem-mqtt-only' },
      })
    const [note] = await registry.audit.list({ limit: 1 })
    expect(note).toMatchObject({ actor: 'token:kota-lain', action: 'access.refused' })
    await registry.tokens.revoke('kota-lain')
    expect((await call('/api/v1/state', bearer(token))).status).toBe(401)
  })

  test('opens no live stream', async () => {
    const { url, registry } = await startCity()
    const { token } = await registry.tokens.create({ name: 'kota-lain', role: 'service', filters })
    const socket = io(`${url}/wall`, { transports: ['websocket'], reconnection: false, auth: { token } })
    onTestFinished(() => void socket.close())
    const error = await new Promise<Error>((resolve) => socket.on('connect_error', resolve))
    expect(error.message).toBe('not-signed-in')
  })

  test('is noted as used when the broker has seen it', async () => {
    const registry = await openTestRegistry()
    await registry.tokens.create({ name: 'kota-lain', role: 'service', filters })
    const stop = keepServiceUse({
      ...{ broker: { status: async () => listening }, tokens: registry.tokenProof, everyMs: 10 },
      log: pino({ level: 'silent' }),
    })
    onTestFinished(stop)
    await expect.poll(async () => (await registry.tokens.list())[0]?.usedAtMs).toEqual(expect.any(Number))
  })
})

test('who listens is told to people, how many to walls, and all of it to Prometheus', async () => {
  const { call, outside, registry } = await startCity()
  outside.broker = listening
  const { token } = await registry.tokens.create({ name: 'lobby', role: 'wall' })
  const counts = { connections: 1, delivered: 10, dropped: 3, waitingBytes: 1024, states: 'current' }
  const pipeline = await call('/api/v1/pipeline', bearer(token))
  expect(pipeline.json).toMatchObject({ broker: { services: counts } })
  expect(pipeline.text).not.toMatch(/kota-lain|10\.0\.0\.7/)
  expect((await call('/api/v1/pipeline/services', bearer(token))).status).toBe(403)
  expect((await call('/api/v1/pipeline/services', { as: 'operator' })).json).toEqual({
    items: [expect.objectContaining({ name: 'kota-lain', address: '10.0.0.7', since: '2026-11-30T00:00:00.000Z' })],
  })
  const { text } = await call('/metrics')
  expect(text).toContain('bcc_service_connections{service="kota-lain"} 1')
  expect(text).toContain('bcc_service_messages{service="kota-lain",outcome="delivered"} 10')
  expect(text).toContain('bcc_service_messages{service="kota-lain",outcome="dropped"} 3')
  expect(text).toContain('bcc_service_waiting_bytes{service="kota-lain"} 1024')
})
