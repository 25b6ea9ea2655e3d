import { expect, test } from 'vitest'
import type { Command, CommandList } from '../../contract/http/commands.ts'
import { answerAsDevice, listenAsDevice } from '../support/broker/mosquitto-device.ts'
import { missingProgram } from '../support/influx/influx-process.ts'
import { type ApiClient, startSystem } from '../support/system/system.ts'

const skip = missingProgram('mosquitto_sub') !== undefined || missingProgram('mosquitto_pub') !== undefined

async function startCommandSystem() {
  const system = await startSystem()
  const key = await system.addDevice('light-1', 'street-light')
  const api = await system.login()
  await expect.poll(async () => (await api.send('GET', '/devices/light-1')).status).toBe(200)
  const light = { id: 'light-1', key, kind: 'sensor', port: system.mqtt }
  const make = async (body: unknown) => {
    const response = await api.send('POST', '/devices/light-1/commands', body)
    expect(response.status).toBe(202)
    return (await response.json()) as Command
  }
  return { system, api, light, make }
}

const read = (api: ApiClient, id: string) => api.get<Command>(`/commands/${id}`)
const stateOf = async (api: ApiClient, { id }: Command) => (await read(api, id)).state

test.skipIf(skip)('a device behind mosquitto_sub gets its command, and mosquitto_pub answers it', async () => {
  const { api, light, make } = await startCommandSystem()
  const waits = await make({ name: 'switch', args: { on: true } })
  expect(waits.state).toBe('waiting')
  const device = await listenAsDevice(light)
  const listeningMs = performance.now()
  await expect.poll(() => device.heard().length, { interval: 20 }).toBe(1)
  const sentAfterMs = performance.now() - listeningMs
  expect(device.heard()).toEqual([{ id: waits.id, name: 'switch', args: { on: true }, expiresAt: waits.expiresAt }])
  await expect.poll(() => stateOf(api, waits)).toBe('sent')
  const answeredMs = performance.now()
  await answerAsDevice(light, { id: waits.id, ok: false, error: 'lamp broken' })
  await expect.poll(() => stateOf(api, waits), { interval: 20 }).toBe('failed')
  const toldAfterMs = performance.now() - answeredMs
  expect(await read(api, waits.id)).toMatchObject({ acknowledged: true, error: 'lamp broken' })
  expect({ sentAfterMs, toldAfterMs }).toSatisfy(() => sentAfterMs < 1000 && toldAfterMs < 1000)
  process.stderr.write(
    `sent ${sentAfterMs.toFixed(0)} ms after the subscription, told ${toldAfterMs.toFixed(0)} ms after the answer\n`,
  )
  const events = await api.get<{ items: { type: string; payload: unknown }[] }>(
    '/events?device=light-1&type=command-result',
  )
  expect(events.items).toMatchObject([{ payload: { id: waits.id, ok: false } }])
  const audit = await api.get<{ items: { actor: string; action: string }[] }>('/audit?limit=20')
  const noted = audit.items
    .filter(({ action }) => action.startsWith('command.'))
    .map(({ actor, action }) => `${actor} ${action}`)
  expect(noted).toEqual(['device:light-1 command.failed', 'system:api command.sent', 'user:admin command.created'])
})

test.skipIf(skip)(
  'no kill of a role loses a command, sends one that is over, or loses an answer',
  async () => {
    const { system, api, light, make } = await startCommandSystem()
    const killed = async (role: 'broker' | 'ingest' | 'api') => {
      const before = system.pid(role)
      expect(before).toBeDefined()
      process.kill(before ?? 0, 'SIGKILL')
      await expect.poll(() => system.pid(role), { timeout: 10_000 }).not.toBe(before)
      await expect.poll(() => system.isReady(), { timeout: 15_000 }).toBe(true)
    }
    const short = await make({ name: 'short', expiresS: 5 })
    const long = await make({ name: 'long', expiresS: 600 })
    for (const role of ['api', 'broker', 'ingest'] as const) await killed(role)
    await expect.poll(() => stateOf(api, short), { timeout: 10_000 }).toBe('expired')
    // Its session is kept: what was not acknowledged goes on after a kill of the broker, unless it is over.
    const device = await listenAsDevice(light, { clientId: 'light' })
    await expect.poll(() => device.heard().map(({ name }) => name)).toEqual(['long'])
    await expect.poll(() => stateOf(api, long)).toBe('sent')
    device.freeze()
    const unheard = await make({ name: 'unheard', expiresS: 8 })
    const late = await make({ name: 'late', expiresS: 600 })
    await expect.poll(async () => (await read(api, unheard.id)).offeredAt, { timeout: 5000 }).not.toBeNull()
    await device.kill()
    await killed('broker')
    await killed('api')
    await expect.poll(() => stateOf(api, unheard), { timeout: 15_000 }).toBe('expired')
    const again = await listenAsDevice(light, { clientId: 'light' })
    await expect.poll(() => again.heard().map(({ name }) => name), { timeout: 10_000 }).toEqual(['late'])
    await expect.poll(() => stateOf(api, late), { timeout: 10_000 }).toBe('sent')
    // Answered while the api is away, and while ingest is.
    process.kill(system.pid('api') ?? 0, 'SIGKILL')
    process.kill(system.pid('ingest') ?? 0, 'SIGKILL')
    await answerAsDevice(light, { id: long.id, ok: true })
    await answerAsDevice(light, { id: late.id, ok: true })
    await expect.poll(() => system.isReady(), { timeout: 20_000 }).toBe(true)
    for (const one of [long, late]) await expect.poll(() => stateOf(api, one), { timeout: 10_000 }).toBe('done')
    const { items } = await api.get<CommandList>('/devices/light-1/commands')
    expect(items.map(({ name, state }) => `${name} ${state}`)).toEqual([
      ...['late done', 'unheard expired', 'long done', 'short expired'],
    ])
  },
  120_000,
)
