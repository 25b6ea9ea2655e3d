import { expect, test } from 'vitest'
import type { FeedLine } from '../../../contract/feed.ts'
import { type Command, commandListSchema, commandSchema } from '../../../contract/http/commands.ts'
import type { CommandDelivery, CommandMessage } from '../../../contract/ports/control.ts'
import type { EventsQuery, KeptEvent } from '../../../contract/ports/states.ts'
import type { Role } from '../../../contract/roles.ts'
import { createOutside, openTestRegistry, startCity } from '../city-under-test.ts'

const devices = '/api/v1/devices'

/** A city with one light and one gauge, a broker that is told which devices listen, and a clock that can be set on. */
async function commandCity() {
  let aheadMs = 0
  const now = () => Date.now() + aheadMs
  const registry = await openTestRegistry({ now })
  await registry.devices.create({ id: 'light-1', profile: 'street-light' })
  await registry.devices.create({ id: 'gauge-1', profile: 'river-gauge' })
  const { ports } = createOutside()
  const there = new Set<string>()
  const delivered: CommandMessage[] = []
  const events: KeptEvent[] = []
  const steer = { outcome: 'acknowledged' as CommandDelivery, readMs: 0 }
  const broker = {
    ...ports.broker,
    listening: async (ids: readonly string[]) => ids.filter((id) => there.has(id)),
    async deliver(command: CommandMessage) {
      delivered.push(command)
      return steer.outcome
    },
  }
  const states = {
    ...ports.states,
    async events({ deviceId, type, fromMs, toMs }: EventsQuery) {
      // A store that takes its time.
      await new Promise((resolve) => setTimeout(resolve, steer.readMs))
      const isAsked = (one: KeptEvent) => one.deviceId === deviceId && one.type === type
      return { events: events.filter((one) => isAsked(one) && one.atMs >= fromMs && one.atMs < toMs) }
    },
  }
  const city = await startCity({ registry, broker, states, now })
  const post = (path: string, as: Role, body?: unknown) => city.call(path, { as, method: 'POST', body })
  const make = async (id: string, body: unknown, as: Role = 'operator') =>
    commandSchema.parse((await post(`${devices}/${id}/commands`, as, body)).json)
  const read = async (id: string) =>
    commandSchema.parse((await city.call(`/api/v1/commands/${id}`, { as: 'auditor' })).json)
  const stateOf = async ({ id }: Command) => (await read(id)).state
  const answered = (results: { deviceId: string; id: string; ok: boolean; error?: string }[]): FeedLine => ({
    type: 'command-results',
    atMs: now(),
    results: results.map((one) => ({ error: null, ...one, atMs: now() })),
  })
  const noted = async (action: string) =>
    (await registry.audit.list({ limit: 100 }))
      .filter((row) => row.action === `command.${action}`)
      .map(({ actor, target, detail }) => ({ actor, target, ...(JSON.parse(detail) as object) }))
  const goOn = (ms: number) => {
    aheadMs += ms
  }
  return {
    ...city,
    registry,
    there,
    delivered,
    events,
    steer,
    states,
    broker,
    now,
    post,
    make,
    read,
    stateOf,
    answered,
    noted,
    goOn,
  }
}

test('a command waits for its device, is sent, answered, and all of it stands in the audit', async () => {
  const city = await commandCity()
  const { status, json } = await city.post(`${devices}/light-1/commands`, 'operator', {
    name: 'switch',
    args: { on: true },
  })
  expect(status).toBe(202)
  const made = commandSchema.parse(json)
  expect(made).toMatchObject({ state: 'waiting', dangerous: false, createdBy: 'user:the-operator', sentAt: null })
  expect(Date.parse(made.expiresAt) - Date.parse(made.createdAt)).toBe(300_000)
  expect(city.delivered).toEqual([])
  city.there.add('light-1')
  await expect.poll(() => city.stateOf(made)).toBe('sent')
  expect(city.delivered).toEqual([
    { deviceId: 'light-1', id: made.id, name: 'switch', args: { on: true }, expiresAt: made.expiresAt },
  ])
  city.outside.say(city.answered([{ deviceId: 'light-1', id: made.id, ok: false, error: 'lamp broken' }]))
  await expect.poll(() => city.stateOf(made)).toBe('failed')
  expect(await city.read(made.id)).toMatchObject({ acknowledged: true, error: 'lamp broken' })
  // Said once.
  city.outside.say(city.answered([{ deviceId: 'light-1', id: made.id, ok: true }]))
  expect(await city.noted('created')).toMatchObject([
    { actor: 'user:the-operator', target: 'light-1', command: made.id, name: 'switch', args: { on: true } },
  ])
  expect(await city.noted('sent')).toMatchObject([{ actor: 'system:registry', command: made.id }])
  expect(await city.noted('failed')).toMatchObject([{ actor: 'device:light-1', error: 'lamp broken' }])
  expect(await city.noted('done')).toEqual([])
})

test('a dangerous one needs a second person, who is neither its author nor a token', async () => {
  const city = await commandCity()
  city.there.add('gauge-1')
  const made = await city.make('gauge-1', { name: 'reboot' })
  expect(made).toMatchObject({ state: 'waiting-approval', dangerous: true })
  const approve = `/api/v1/commands/${made.id}/approve`
  const own = await city.post(approve, 'operator')
  expect(own.status).toBe(403)
  expect(own.json).toMatchObject({ type: expect.stringContaining('second-person') })
  const { token } = await city.registry.tokens.create({ name: 'machine', role: 'operator' })
  const headers = { authorization: `Bearer ${token}` }
  expect((await city.call(approve, { method: 'POST', headers })).status).toBe(403)
  for (const role of ['auditor', 'wall', 'opd'] as const) expect((await city.post(approve, role)).status).toBe(403)
  expect(city.delivered).toEqual([])
  expect((await city.post(approve, 'supervisor')).json).toMatchObject({
    state: 'waiting',
    approvedBy: 'user:the-supervisor',
  })
  await expect.poll(() => city.stateOf(made)).toBe('sent')
  expect((await city.post(approve, 'admin')).status).toBe(409)
  expect(await city.noted('approved')).toMatchObject([{ actor: 'user:the-supervisor', command: made.id }])
  // What a token made, any person may agree to; what was rejected is never sent.
  const byToken = await city.call(`${devices}/gauge-1/commands`, { method: 'POST', headers, body: { name: 'reboot' } })
  const other = commandSchema.parse(byToken.json)
  expect((await city.post(`/api/v1/commands/${other.id}/reject`, 'operator')).json).toMatchObject({ state: 'rejected' })
  expect((await city.post(`/api/v1/commands/${other.id}/approve`, 'supervisor')).status).toBe(409)
  expect(city.delivered).toHaveLength(1)
})

test('what a profile knows is checked, and any other name is taken as it is', async () => {
  const city = await commandCity()
  const status = async (body: unknown) => (await city.post(`${devices}/light-1/commands`, 'operator', body)).status
  expect(await status({ name: 'switch' })).toBe(400)
  expect(await status({ name: 'switch', args: { on: 'yes' } })).toBe(400)
  expect(await status({ name: 'switch', args: { on: true, more: 1 } })).toBe(400)
  expect(await status({ name: 'reboot', args: { now: true } })).toBe(400)
  expect(await status({ name: 'dim', args: { level_pct: 101 } })).toBe(400)
  const wrong = await city.post(`${devices}/light-1/commands`, 'operator', { name: 'dim', args: { level_pct: 1.5 } })
  expect(wrong.json).toMatchObject({ errors: [{ path: 'args.level_pct' }] })
  for (const name of ['', 'Reboot', '../x', 'a b', '-x', 'x'.repeat(65)]) expect(await status({ name })).toBe(400)
  for (const name of ['constructor', 'x'.repeat(64), '__proto__'.replaceAll('_', '-').slice(2)])
    expect(await status({ name, args: ['any', { shape: null }] })).toBe(202)
  expect(await status({ name: 'big', args: 'é'.repeat(2040) })).toBe(202)
  expect(await status({ name: 'big', args: 'é'.repeat(2050) })).toBe(400)
  for (const expiresS of [4, 604_801, 1.5, '300']) expect(await status({ name: 'report', expiresS })).toBe(400)
  expect((await city.post(`${devices}/nobody-1/commands`, 'operator', { name: 'report' })).status).toBe(404)
  for (const role of ['auditor', 'wall', 'opd'] as const)
    expect((await city.post(`${devices}/light-1/commands`, role, { name: 'report' })).status).toBe(403)
})

test('twenty are open of a device at most, and one that is cancelled makes room', async () => {
  const city = await commandCity()
  const made = []
  for (let n = 0; n < 20; n += 1) made.push(await city.make('light-1', { name: `n${n}` }))
  const refused = await city.post(`${devices}/light-1/commands`, 'operator', { name: 'one-more' })
  expect(refused.status).toBe(409)
  expect(refused.json).toMatchObject({ type: expect.stringContaining('too-many-commands') })
  expect((await city.post(`/api/v1/commands/${made[3]?.id}/cancel`, 'admin')).json).toMatchObject({
    state: 'cancelled',
  })
  await city.make('light-1', { name: 'one-more' })
  city.there.add('light-1')
  await expect.poll(() => city.delivered.length, { timeout: 15_000 }).toBe(20)
  // In the order in which they were made.
  expect(city.delivered.map(({ name }) => name)).toEqual([
    ...Array.from({ length: 20 }, (_, n) => `n${n}`).filter((name) => name !== 'n3'),
    'one-more',
  ])
  const page = commandListSchema.parse((await city.call(`${devices}/light-1/commands?limit=5`, { as: 'auditor' })).json)
  expect(page.items.map(({ name }) => name)).toEqual(['one-more', 'n19', 'n18', 'n17', 'n16'])
  const next = await city.call(`${devices}/light-1/commands?limit=200&cursor=${page.nextCursor}`, { as: 'auditor' })
  expect(commandListSchema.parse(next.json)).toMatchObject({ items: { length: 16 }, nextCursor: null })
  const cancelled = await city.call('/api/v1/commands?state=cancelled', { as: 'auditor' })
  expect(commandListSchema.parse(cancelled.json).items.map(({ name }) => name)).toEqual(['n3'])
}, 30_000)

test('time ends what waits, for approval too, and what was not answered; a late answer is the truth all the same', async () => {
  const city = await commandCity()
  const waits = await city.make('light-1', { name: 'report', expiresS: 60 })
  const dangerous = await city.make('light-1', { name: 'reboot', expiresS: 60 })
  city.there.add('gauge-1')
  const sent = await city.make('gauge-1', { name: 'report', expiresS: 60 })
  await expect.poll(() => city.stateOf(sent)).toBe('sent')
  city.goOn(61_000)
  expect((await city.post(`/api/v1/commands/${dangerous.id}/approve`, 'supervisor')).status).toBe(409)
  for (const one of [waits, dangerous, sent]) await expect.poll(() => city.stateOf(one)).toBe('expired')
  city.there.add('light-1')
  const later = await city.make('light-1', { name: 'report' })
  await expect.poll(() => city.stateOf(later)).toBe('sent')
  expect(city.delivered.map(({ id }) => id)).toEqual([sent.id, later.id])
  const reached = (await city.noted('expired')).map((noted) => noted as { command?: string; reached?: string })
  expect(new Map(reached.map((noted) => [noted.command, noted.reached]))).toEqual(
    new Map([
      [waits.id, 'waiting'],
      [dangerous.id, 'waiting-approval'],
      [sent.id, 'sent'],
    ]),
  )
  city.outside.say(city.answered([{ deviceId: 'gauge-1', id: sent.id, ok: true }]))
  await expect.poll(() => city.stateOf(sent)).toBe('done')
  expect(await city.noted('done')).toMatchObject([{ actor: 'device:gauge-1', late: true }])
  // One that it never had it cannot answer.
  city.outside.say(city.answered([{ deviceId: 'light-1', id: waits.id, ok: true }]))
  await new Promise((resolve) => setImmediate(resolve))
  expect(await city.stateOf(waits)).toBe('expired')
})

test('a foreign device or a foreign id changes nothing', async () => {
  const city = await commandCity()
  city.there.add('light-1')
  const made = await city.make('light-1', { name: 'report' })
  await expect.poll(() => city.stateOf(made)).toBe('sent')
  city.outside.say(
    city.answered([
      { deviceId: 'gauge-1', id: made.id, ok: true },
      { deviceId: 'light-1', id: '0123456789abcdef', ok: true },
      { deviceId: 'light-1', id: '__proto__', ok: true },
      { deviceId: 'nobody', id: made.id, ok: false },
    ]),
  )
  const flood = Array.from({ length: 5000 }, (_, n) => ({ deviceId: 'light-1', id: `${n}`, ok: true }))
  city.outside.say(city.answered(flood))
  const behind = await city.make('light-1', { name: 'report' })
  await expect.poll(() => city.stateOf(behind)).toBe('sent')
  expect(await city.stateOf(made)).toBe('sent')
  expect(await city.noted('done')).toEqual([])
})

test('one that may be on its way cannot be cancelled, and one that was not sent after all can', async () => {
  const city = await commandCity()
  city.steer.outcome = 'unanswered'
  city.there.add('light-1')
  const made = await city.make('light-1', { name: 'report' })
  await expect.poll(async () => (await city.read(made.id)).offeredAt).not.toBeNull()
  const cancel = `/api/v1/commands/${made.id}/cancel`
  expect((await city.post(cancel, 'operator')).json).toMatchObject({ type: expect.stringContaining('command-decided') })
  await expect.poll(() => city.delivered.length).toBeGreaterThan(1)
  expect(new Set(city.delivered.map(({ id }) => id))).toEqual(new Set([made.id]))
  city.steer.outcome = 'away'
  const other = await city.make('gauge-1', { name: 'report' })
  city.there.add('gauge-1')
  await expect.poll(() => city.delivered.some(({ id }) => id === other.id)).toBe(true)
  city.there.clear()
  await expect.poll(async () => (await city.read(other.id)).offeredAt).toBeNull()
  expect((await city.post(`/api/v1/commands/${other.id}/cancel`, 'operator')).status).toBe(200)
})

test('another api goes on where the first was killed, and finds the answers that came meanwhile', async () => {
  const city = await commandCity()
  city.there.add('light-1')
  const [done, failed, open] = [
    await city.make('light-1', { name: 'one', expiresS: 60 }),
    await city.make('light-1', { name: 'two' }),
    await city.make('gauge-1', { name: 'three' }),
  ]
  for (const one of [done, failed]) await expect.poll(() => city.stateOf(one)).toBe('sent')
  await city.api.close()
  const result = (id: string, more: object, atMs: number): KeptEvent => ({
    ...{ deviceId: 'light-1', atMs, type: 'command-result' },
    payload: JSON.stringify({ id, ...more }),
  })
  city.events.push(
    result(done.id, { ok: true }, city.now() + 10),
    result(failed.id, { ok: false, error: { code: 7, why: '\u202ebad\u0000' } }, city.now() + 20),
    { deviceId: 'light-1', atMs: city.now(), type: 'command-result', payload: 'no json' },
    result('other', { ok: true }, city.now()),
  )
  // Its time went by meanwhile; what came before that counts.
  city.goOn(61_000)
  city.steer.readMs = 400
  const { registry, broker, states, now } = city
  city.there.add('gauge-1')
  const second = await startCity({ registry, broker, states, now })
  const stateOf = async ({ id }: Command) =>
    commandSchema.parse((await second.call(`/api/v1/commands/${id}`, { as: 'auditor' })).json)
  await expect.poll(async () => (await stateOf(done)).state).toBe('done')
  await expect.poll(async () => (await stateOf(failed)).state).toBe('failed')
  expect((await stateOf(failed)).error).toBe('{"code":7,"why":"?bad\\u0000"}')
  await expect.poll(async () => (await stateOf(open)).state).toBe('sent')
  expect(await city.noted('expired')).toEqual([])
})

test('an answer that came while ingest could not be heard is found when it is back', async () => {
  const city = await commandCity()
  city.there.add('light-1')
  const made = await city.make('light-1', { name: 'report' })
  await expect.poll(() => city.stateOf(made)).toBe('sent')
  city.outside.connect(false)
  const payload = JSON.stringify({ id: made.id, ok: true })
  city.events.push({ deviceId: 'light-1', atMs: city.now(), type: 'command-result', payload })
  city.outside.connect(true)
  await expect.poll(() => city.stateOf(made)).toBe('done')
})

test('an answer that cannot be noted at once is noted later', async () => {
  const city = await commandCity()
  city.there.add('light-1')
  const made = await city.make('light-1', { name: 'report' })
  await expect.poll(() => city.stateOf(made)).toBe('sent')
  const { as } = city.registry
  // The registry is held by another for too long, once.
  city.registry.as = () => {
    city.registry.as = as
    throw new Error('busy')
  }
  const payload = JSON.stringify({ id: made.id, ok: true })
  city.events.push({ deviceId: 'light-1', atMs: city.now(), type: 'command-result', payload })
  city.outside.say(city.answered([{ deviceId: 'light-1', id: made.id, ok: true }]))
  await expect.poll(() => city.stateOf(made)).toBe('done')
})

test('a device that is removed takes its commands with it, and nothing more is sent', async () => {
  const city = await commandCity()
  const made = await city.make('light-1', { name: 'report' })
  expect((await city.call(`${devices}/light-1`, { as: 'admin', method: 'DELETE' })).status).toBe(204)
  expect((await city.call(`/api/v1/commands/${made.id}`, { as: 'auditor' })).status).toBe(404)
  city.there.add('light-1')
  const other = await city.make('gauge-1', { name: 'report' })
  city.there.add('gauge-1')
  await expect.poll(() => city.stateOf(other)).toBe('sent')
  expect(city.delivered.map(({ id }) => id)).toEqual([other.id])
})
