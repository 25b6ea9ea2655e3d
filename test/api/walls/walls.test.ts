import { io } from 'socket.io-client'
import { expect, onTestFinished, test } from 'vitest'
import type { Wall } from '../../../contract/http/walls.ts'
import { startCity } from '../city-under-test.ts'

const path = '/api/v1/walls'
const looks = {
  ...{ name: 'Dinding utama', bezelMm: 3.5, farthestViewerM: 5, theme: 'auto', lang: 'id' },
  ...{ playlist: [{ screen: 'ikhtisar', seconds: 30 }], tiles: [{ screen: 'utama-1', view: [0, 0, 5760, 2160] }] },
}
const grid = { ...looks, cols: 3, rows: 2, panel: { w: 1920, h: 1080, diagonalIn: 55 } }
const seven = {
  ...looks,
  monitors: [0, 1, 2, 3]
    .map((i) => ({ x: 1440 * i, y: 0, w: 1440, h: 900, diagonalIn: 42 }))
    .concat([0, 1, 2].map((i) => ({ x: 1920 * i, y: 900, w: 1920, h: 1080, diagonalIn: 55 }))),
}

test('a wall is described, told to every screen at once, described anew, and forgotten', async () => {
  const city = await startCity()
  const extraHeaders = { cookie: await city.cookieOf('operator') }
  const told: Wall[][] = []
  const socket = io(`${city.url}/wall`, { transports: ['websocket'], forceNew: true, extraHeaders })
  onTestFinished(() => void socket.close())
  socket.on('walls', (walls: Wall[]) => told.push(walls))
  await expect.poll(() => told.at(-1)).toEqual([])
  const put = (settings: unknown) => city.call(`${path}/utama`, { as: 'admin', method: 'PUT', body: settings })

  expect(await put(grid)).toMatchObject({ status: 200, json: { id: 'utama', rev: 1, settings: grid } })
  await expect.poll(() => told.at(-1)).toEqual([{ id: 'utama', rev: 1, settings: grid }])
  expect(await put(seven)).toMatchObject({ status: 200, json: { rev: 2 } })
  await expect.poll(() => told.at(-1)).toEqual([{ id: 'utama', rev: 2, settings: seven }])
  expect((await city.call(path, { as: 'operator' })).json).toEqual({ items: told.at(-1) })

  expect((await city.call(`${path}/utama`, { as: 'admin', method: 'DELETE' })).status).toBe(204)
  await expect.poll(() => told.at(-1)).toEqual([])
  expect((await city.call(`${path}/utama`, { as: 'admin', method: 'DELETE' })).json).toMatchObject({
    type: '/api/docs#problem-unknown-wall',
  })
  const noted = (await city.registry.audit.list({ limit: 10 })).map(({ action, target }) => `${action} ${target}`)
  expect(noted.filter((line) => line.startsWith('wall.'))).toEqual([
    ...['wall.removed utama', 'wall.changed utama', 'wall.changed utama'],
  ])
})

test.each([
  ['monitors over one another', { ...seven, monitors: [...seven.monitors, seven.monitors[2]] }, 'cover one another'],
  ['a picture that does not begin at its corner', { ...looks, monitors: [seven.monitors[1]] }, 'begins at 0, 0'],
  ['a picture longer than a canvas', { ...grid, cols: 16 }, 'no side may be longer'],
  ['a screen with two parts', { ...grid, tiles: [...looks.tiles, ...looks.tiles] }, 'one part only'],
  ['a grid and a list', { ...grid, monitors: seven.monitors }, 'Unrecognized key'],
  ['no glass', looks, 'monitors: Invalid input'],
  ['no name and a far viewer', { ...grid, name: '', farthestViewerM: 500 }, 'farthestViewerM: Too big'],
])('a wall of %s is refused with a sentence', async (_what, settings, sentence) => {
  const city = await startCity()
  const { status, json } = await city.call(`${path}/utama`, { as: 'admin', method: 'PUT', body: settings })
  expect(status).toBe(400)
  expect(JSON.stringify(json)).toContain(sentence)
  expect((await city.call(path, { as: 'admin' })).json).toEqual({ items: [] })
})

test('nobody but an admin describes walls', async () => {
  const city = await startCity()
  for (const as of ['wall', 'operator', 'supervisor', 'auditor'] as const)
    expect((await city.call(`${path}/utama`, { as, method: 'PUT', body: grid })).status).toBe(403)
})
