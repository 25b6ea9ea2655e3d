import { expect, test } from 'vitest'
import { type LoadedSite, loadSite } from '../../../../dashboard/core/city/site.ts'
import { createHttpClient } from '../../../../dashboard/core/connection/http-client.ts'

const feature = (name: string) => ({
  ...{ type: 'Feature', properties: { name } },
  geometry: { type: 'Point', coordinates: [98.48, 3.6] },
})
const post = { id: 'p', name: 'p', riverId: 'r', siagaM: { 1: 4, 2: 3, 3: 2 } }

/** Instead of a status: an answer of something between, that says yes. */
const html = -1

/** A server whose answer to a path is changed while it runs; the pauses end when the test says so. */
function scripted(answers: Record<string, number>) {
  const seen: LoadedSite[] = []
  const asked: string[] = []
  const pauses: (() => void)[] = []
  const leaving = new AbortController()
  const rest = createHttpClient({
    onUnauthorized: () => undefined,
    language: () => 'id',
    async fetch(path) {
      const file = String(path).replace('/api/v1/site/', '')
      asked.push(file)
      const status = answers[file] ?? 200
      if (status === 0) throw new TypeError('no network')
      if (status === html) return new Response('<html>Sign in to the hotel</html>')
      const body = file.endsWith('.geojson') ? { features: [feature(file)] } : { posts: [post] }
      return new Response(JSON.stringify(body), { status })
    },
  })
  const done = loadSite({
    read: rest.get,
    set: (site) => seen.push(site),
    pause: () => new Promise<void>((resolve) => pauses.push(resolve)),
    signal: leaving.signal,
  })
  return { seen, asked, pauses, leaving, done }
}

test('everything is there: one round, and the city has its name', async () => {
  const { seen, asked, done } = scripted({})
  await done
  expect(seen).toHaveLength(1)
  expect(seen[0]).toMatchObject({ name: 'city.geojson', loaded: true, missing: [], posts: [{ id: 'p' }] })
  expect(asked).toHaveLength(8)
})

test('what the server could not give just then is asked for again, alone; what it has not got is not', async () => {
  const answers: Record<string, number> = { 'rivers.geojson': 503, 'streets.geojson': 404, 'places.geojson': 0 }
  const { seen, asked, pauses, done } = scripted(answers)
  await expect.poll(() => pauses.length).toBe(1)
  expect(new Set(seen.at(-1)?.missing)).toEqual(new Set(['places', 'rivers', 'streets']))
  delete answers['rivers.geojson']
  asked.length = 0
  pauses.pop()?.()
  await expect.poll(() => pauses.length).toBe(1)
  expect(new Set(asked)).toEqual(new Set(['rivers.geojson', 'places.geojson']))
  expect(seen.at(-1)).toMatchObject({ rivers: [{ properties: { name: 'rivers.geojson' } }] })
  expect(new Set(seen.at(-1)?.missing)).toEqual(new Set(['places', 'streets']))
  delete answers['places.geojson']
  pauses.pop()?.()
  await done
  expect(seen.at(-1)?.missing).toEqual(['streets'])
})

test('an answer that is none of ours is one that is missing, and is asked for again', async () => {
  const answers: Record<string, number> = { 'rivers.geojson': html, 'river-posts.json': html }
  const { seen, pauses, done } = scripted(answers)
  await expect.poll(() => pauses.length).toBe(1)
  expect(seen.at(-1)).toMatchObject({ rivers: [], posts: [] })
  expect(new Set(seen.at(-1)?.missing)).toEqual(new Set(['rivers', 'river-posts']))
  for (const file of Object.keys(answers)) delete answers[file]
  pauses.pop()?.()
  await done
  expect(seen.at(-1)).toMatchObject({ missing: [], posts: [post] })
})

test('nobody looks any more: nothing is asked for again', async () => {
  const { asked, pauses, leaving, done } = scripted({ 'rivers.geojson': 401 })
  await expect.poll(() => pauses.length).toBe(1)
  leaving.abort()
  asked.length = 0
  pauses.pop()?.()
  await done
  expect(asked).toEqual([])
})
