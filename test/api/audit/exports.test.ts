import { expect, test } from 'vitest'
import { startCity } from '../city-under-test.ts'

const path = '/api/v1/devices/r-1/readings'
const day = 'from=2026-11-01T00:00:00Z&to=2026-11-02T00:00:00Z'

async function exportsAfter(query: string, accept = 'application/json'): Promise<string[]> {
  const { call, registry } = await startCity()
  await registry.devices.create({ id: 'r-1', profile: 'river-gauge' })
  const answer = () => call(`${path}?${query}`, { as: 'operator', headers: { accept } })
  await expect.poll(async () => (await answer()).status).toBe(200)
  const noted = await registry.audit.list({ limit: 100, action: 'readings.exported' })
  return noted.map(({ actor, target, detail }) => `${actor} ${target} ${detail}`)
}

test.each([
  ['every=1m&aggregate=mean', day],
  ['every=10s&aggregate=max', 'from=2026-11-01T00:00:00Z&to=2026-11-01T06:00:00Z'],
  ['every=1h', day],
])('a look at a chart is no export: %s', async (sums, span) => {
  expect(await exportsAfter(`${span}&${sums}`)).toEqual([])
})

test.each([
  ['raw points', day],
  ['raw points of one metric', `${day}&metrics=water_level_m`],
  ['sums of a second', `${day}&every=2s`],
  ['more sums than a wall has pixels', `${day}&every=10s`],
])('what can be taken away is noted as JSON too: %s', async (_what, query) => {
  expect(await exportsAfter(query)).toEqual(['user:the-operator r-1 {"format":"json"}'])
})

test('a file of however few lines is an export', async () => {
  expect(await exportsAfter(`${day}&every=1h`, 'text/csv')).toEqual(['user:the-operator r-1 {"format":"csv"}'])
})
