import { setTimeout as sleep } from 'node:timers/promises'
import { maxDevicesPatched, maxMaintenanceDevices } from '../../../contract/http/call-limits.ts'
import { deviceIds, type FullCity, firstDevice, wallSettings } from './full-city.ts'
import { openRawScreen, type RawScreen } from './raw-screens.ts'

export interface Asked {
  http: number
  cookie: string
  city: FullCity
  /** kill -9 of a role, until it is ready again. */
  killAndWait(role: 'broker' | 'ingest'): Promise<unknown>
}

/** One thing that somebody may ask, in its largest form. */
export interface Ask {
  name: string
  /** How often it is asked; four times when absent. */
  times?: number
  run(asked: Asked): Promise<unknown>
}

type Answers = (status: number) => boolean
const isOk: Answers = (status) => status >= 200 && status < 300
const isOkOrBusy: Answers = (status) => isOk(status) || status === 503
const isRefused: Answers = (status) => status >= 400 && status < 500

interface Sending {
  /** Where the path says too much. */
  named?: string
  method?: string
  body?: unknown
  accept?: string
  expected?: Answers
}

async function send({ http, cookie }: Asked, path: string, options: Sending = {}): Promise<string> {
  const { method = 'GET', body, accept = 'application/json' } = options
  const expected = options.expected ?? isOk
  const response = await fetch(`http://127.0.0.1:${http}${path}`, {
    method,
    headers: { cookie, accept, ...(body !== undefined && { 'content-type': 'application/json' }) },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  const text = await response.text()
  if (!expected(response.status)) throw new Error(`${method} ${path}: ${response.status} ${text.slice(0, 300)}`)
  return text
}

const v1 = '/api/v1'
const get = (path: string, options: Sending = {}): Ask => ({
  name: `GET ${options.named ?? path.replace(v1, '')}${options.accept === undefined ? '' : ` as ${options.accept}`}`,
  run: (asked) => send(asked, path, options),
})

const rawPast = `${v1}/devices/${firstDevice}/readings?from=${Date.now() - 80_000_000}&to=${Date.now() + 60_000}`

const reads: Ask[] = [
  get(`${v1}/state`),
  get(`${v1}/devices?limit=1000`),
  get(`${v1}/devices?limit=1000&cursor=full-04000`),
  get(`${v1}/devices?limit=1000&q=nothing-of-this-name`),
  get(`${v1}/devices/${firstDevice}`),
  get(rawPast, { named: 'raw readings, 400,000 points' }),
  get(rawPast, { named: 'raw readings, 400,000 points', accept: 'text/csv' }),
  get(`${rawPast}&every=2s`, { named: 'readings every 2 s, 400,000 points' }),
  get(`${rawPast}&every=2s`, { named: 'readings every 2 s, 400,000 points', accept: 'text/csv' }),
  get(`${v1}/quarantine?limit=500`),
  get(`${v1}/quarantine?limit=500&reason=invalid-json`),
  get(`${v1}/audit?limit=500`),
  get(`${v1}/audit?limit=500&action=data.lost`),
  get(`${v1}/audit?limit=500&actor=user`),
  get(`${v1}/audit?limit=500&actor=user:nobody`),
  get(`${v1}/audit?limit=500&from=2020-01-01T00:00:00Z&to=2020-01-02T00:00:00Z`),
  get(`${v1}/audit?limit=500&from=2020-01-01T00:00:00Z`),
  get(`${v1}/maintenance`),
  get(`${v1}/maintenance?past=true`),
  get(`${v1}/tokens`),
  get(`${v1}/displays`),
  get(`${v1}/walls`),
  get(`${v1}/pipeline`),
  get(`${v1}/pipeline/refused-clients`),
  get(`${v1}/session`),
  get(`${v1}/profiles`),
  get(`${v1}/metrics`),
  get(`${v1}/site`),
  ...['streets.geojson', 'kelurahan.geojson', 'city.geojson', 'places.geojson'].map((it) => get(`${v1}/site/${it}`)),
  get(`${v1}/openapi.json`),
  get('/api/docs'),
  get('/metrics', { accept: '*/*' }),
  get('/healthz', { accept: '*/*' }),
  get('/readyz', { accept: '*/*' }),
  get('/', { accept: 'text/html' }),
]

const ids = (count: number) => deviceIds(count)
const soon = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString()

const writes: Ask[] = [
  {
    name: 'POST, PATCH and DELETE /maintenance of 5,000 devices',
    times: 2,
    async run(asked) {
      const body = { deviceIds: ids(asked.city.devices), from: soon(900), until: soon(901), reason: 'Semua' }
      const made = JSON.parse(await send(asked, `${v1}/maintenance`, { method: 'POST', body }))
      await send(asked, `${v1}/maintenance/${made.id}`, { method: 'PATCH', body: { until: soon(902) } })
      await send(asked, `${v1}/maintenance/${made.id}`, { method: 'DELETE' })
    },
  },
  {
    name: 'POST /maintenance of 5,000 devices that there are not',
    async run(asked) {
      const deviceIds = Array.from({ length: maxMaintenanceDevices }, (_none, n) => `nobody-${n}`.padEnd(63, 'x'))
      const body = { deviceIds, until: soon(1), reason: 'Semua' }
      await send(asked, `${v1}/maintenance`, { method: 'POST', body, expected: isRefused })
    },
  },
  {
    name: 'POST /maintenance of 5,000 ids that are none',
    async run(asked) {
      const deviceIds = Array.from({ length: maxMaintenanceDevices }, (_none, n) => `X${n}`.padEnd(70, '!'))
      const body = { deviceIds, until: soon(1), reason: 'Semua' }
      await send(asked, `${v1}/maintenance`, { method: 'POST', body, expected: isRefused })
    },
  },
  {
    name: 'POST /maintenance with 130,000 numbers for ids',
    async run(asked) {
      const body = { deviceIds: Array.from({ length: 130_000 }, () => 7), until: soon(1), reason: 'Semua' }
      await send(asked, `${v1}/maintenance`, { method: 'POST', body, expected: isRefused })
    },
  },
  {
    name: 'POST /maintenance with 30,000 fields of no meaning',
    async run(asked) {
      const body = Object.fromEntries(Array.from({ length: 30_000 }, (_none, n) => [`f${n}`, 1]))
      await send(asked, `${v1}/maintenance`, { method: 'POST', body, expected: isRefused })
    },
  },
  {
    name: 'POST /maintenance with 199,000 lists in one another',
    async run(asked) {
      const body = `${'['.repeat(199_000)}${']'.repeat(199_000)}`
      await send(asked, `${v1}/maintenance`, { method: 'POST', body, expected: isRefused })
    },
  },
  {
    name: 'PATCH /devices, 1,000 of them',
    times: 2,
    async run(asked) {
      for (const expectedS of [17, 18]) {
        const body = { ids: ids(maxDevicesPatched), set: { expectedS } }
        await send(asked, `${v1}/devices`, { method: 'PATCH', body })
      }
    },
  },
  {
    name: 'PATCH /devices, 1,000 that there are not',
    async run(asked) {
      const body = { ids: ids(maxDevicesPatched).map((id) => id.padEnd(63, 'x')), set: { expectedS: 17 } }
      await send(asked, `${v1}/devices`, { method: 'PATCH', body, expected: isRefused })
    },
  },
  {
    name: 'POST and DELETE /devices',
    async run(asked) {
      await send(asked, `${v1}/devices`, { method: 'POST', body: { id: 'one-more', profile: 'trans-binjai-bus' } })
      await send(asked, `${v1}/devices/one-more`, { method: 'DELETE' })
    },
  },
  {
    name: 'PUT /walls of 32 monitors',
    run: (asked) => send(asked, `${v1}/walls/wall-0`, { method: 'PUT', body: wallSettings(0) }),
  },
  {
    name: 'PUT /walls of 3,000 monitors',
    async run(asked) {
      const [monitor] = 'monitors' in wallSettings(0) ? [{ x: 0, y: 0, w: 300, h: 300, diagonalIn: 9 }] : []
      const body = { ...wallSettings(0), monitors: Array.from({ length: 1600 }, () => monitor) }
      await send(asked, `${v1}/walls/wall-0`, { method: 'PUT', body, expected: isRefused })
    },
  },
]

const crowds: Ask[] = [
  ...['application/json', 'text/csv'].map((accept) => ({
    name: `GET raw readings as ${accept}, 16 at once`,
    times: 1,
    run: (asked: Asked) =>
      Promise.all(Array.from({ length: 16 }, () => send(asked, rawPast, { accept, expected: isOkOrBusy }))),
  })),
  {
    name: 'GET /state, 64 at once',
    times: 2,
    run: (asked) => Promise.all(Array.from({ length: 64 }, () => send(asked, `${v1}/state`))),
  },
  {
    name: 'GET /devices?limit=1000, 64 at once',
    times: 2,
    run: (asked) => Promise.all(Array.from({ length: 64 }, () => send(asked, `${v1}/devices?limit=1000`))),
  },
  ...['walls', 'tokens', 'displays', 'maintenance', 'audit?limit=500', 'audit?limit=500&action=data.lost'].map(
    (path) => ({
      name: `GET /${path}, 64 at once`,
      times: 1,
      run: (asked: Asked) => Promise.all(Array.from({ length: 64 }, () => send(asked, `${v1}/${path}`))),
    }),
  ),
]

async function withScreens(
  asked: Asked,
  count: number,
  then: (screens: RawScreen[]) => Promise<unknown> = async () => undefined,
): Promise<void> {
  const screens = Array.from({ length: count }, () => openRawScreen({ ...asked, acknowledges: true }))
  try {
    const giveUpMs = performance.now() + 60_000
    while (screens.some((screen) => screen.firstDataMs() === undefined)) {
      if (performance.now() > giveUpMs) throw new Error('screens got no snapshot within a minute')
      await sleep(20)
    }
    await then(screens)
    await sleep(1500)
  } finally {
    for (const screen of screens) screen.close()
    await sleep(300)
  }
}

const aroundAll = (n: number) => ({ bbox: [90 + n / 1000, -10, 140, 10] })

const screens: Ask[] = [
  { name: 'snapshot of one screen', times: 5, run: (asked) => withScreens(asked, 1) },
  { name: 'snapshots of 200 screens at once', times: 2, run: (asked) => withScreens(asked, 200) },
  {
    name: 'resync of 200 screens at once',
    times: 2,
    run: (asked) =>
      withScreens(asked, 200, async (all) => {
        for (let n = 0; n < 2; n += 1) {
          await sleep(1200)
          for (const screen of all) screen.say('resync')
        }
        await sleep(3000)
      }),
  },
  {
    name: 'watch with a part of its own of 200 screens at once',
    times: 2,
    run: (asked) =>
      withScreens(asked, 200, async (all) => {
        await sleep(1200)
        for (const [n, screen] of all.entries()) screen.say('watch', aroundAll(n))
        await sleep(6000)
      }),
  },
  {
    name: 'every device changed, before 200 screens',
    times: 2,
    run: (asked) =>
      withScreens(asked, 200, async () => {
        const body = { deviceIds: ids(asked.city.devices), until: soon(2), reason: 'Semua' }
        const made = JSON.parse(await send(asked, `${v1}/maintenance`, { method: 'POST', body }))
        await sleep(2000)
        await send(asked, `${v1}/maintenance/${made.id}`, { method: 'DELETE' })
        await sleep(2000)
      }),
  },
  {
    name: 'every device changed, before 200 screens with parts of their own',
    times: 1,
    run: (asked) =>
      withScreens(asked, 200, async (all) => {
        await sleep(1200)
        for (const [n, screen] of all.entries()) screen.say('watch', aroundAll(n))
        await sleep(6000)
        const body = { deviceIds: ids(asked.city.devices), until: soon(2), reason: 'Semua' }
        const made = JSON.parse(await send(asked, `${v1}/maintenance`, { method: 'POST', body }))
        await sleep(2000)
        await send(asked, `${v1}/maintenance/${made.id}`, { method: 'DELETE' })
        await sleep(4000)
      }),
  },
  {
    name: 'a wall changed, before 200 screens',
    times: 2,
    run: (asked) =>
      withScreens(asked, 200, async () => {
        await send(asked, `${v1}/walls/wall-1`, { method: 'PUT', body: wallSettings(1) })
        await sleep(2500)
      }),
  },
  { name: 'snapshot of one screen by long polling', times: 3, run: polled },
]

/** Engine.IO's other transport. */
async function polled({ http, cookie }: Asked): Promise<void> {
  const url = `http://127.0.0.1:${http}/socket.io/?EIO=4&transport=polling`
  const headers = { cookie }
  const hello = await (await fetch(url, { headers })).text()
  const session = `${url}&sid=${JSON.parse(hello.slice(1)).sid}`
  await (await fetch(session, { method: 'POST', headers, body: '40/wall,' })).text()
  for (let n = 0; n < 20; n += 1) {
    const text = await (await fetch(session, { headers })).text()
    if (text.includes('"snapshot"')) break
  }
  await (await fetch(session, { method: 'POST', headers, body: '1' })).text()
}

const restarts: Ask[] = [
  { name: "ingest's snapshot after its restart", times: 3, run: (asked) => restart(asked, 'ingest') },
  { name: 'the broker after its restart', times: 1, run: (asked) => restart(asked, 'broker') },
]

async function restart(asked: Asked, role: 'broker' | 'ingest'): Promise<void> {
  await withScreens(asked, 20, async () => {
    await asked.killAndWait(role)
    await sleep(2500)
  })
}

export const asks: readonly Ask[] = [...reads, ...writes, ...crowds, ...screens, ...restarts]
