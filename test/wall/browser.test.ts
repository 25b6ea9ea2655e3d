import type { Page } from 'playwright-core'
import { describe, expect, onTestFinished, test } from 'vitest'
import { browserMissing, cutOff, openBrowser, openPage } from '../support/browser/browser.ts'
import { backendPassword } from '../support/browser/wall-backend.ts'
import { siteDir, wallPages } from '../support/browser/wall-pages.ts'
import { isoAt } from '../support/city/device-view.ts'
import { createScriptedCity } from '../support/city/scripted-city.ts'

const missing = browserMissing()

interface Drawn {
  x: number
  y: number
}

/** Where the canvas holds a device; the page tells it with `?e2e=1`. */
function drawn(page: Page, id: string): Promise<Drawn> {
  return page.evaluate(`globalThis.__bcc.drawn(${JSON.stringify(id)})`)
}

const item = (page: Page, id: string) => page.locator(`.object-list li[data-id="${id}"]`)
const attribute = (page: Page, id: string, name: string) => item(page, id).getAttribute(name)

describe.skipIf(missing !== undefined)(`the dashboard in a browser ${missing ?? ''}`, { timeout: 60_000 }, () => {
  const wall = wallPages()

  test('draws every device, asks nobody but its own server, and complains of nothing', async () => {
    const server = await wall.backend()
    const { page, complaints, strays } = await wall.open(`${server.url}/?e2e=1`)
    await expect.poll(() => page.locator('.object-list li').count()).toBe(server.city.devices.size)
    await page.locator('.map-gl[data-ready="true"]').waitFor()
    const at = await drawn(page, 'cctv-01')
    expect(at.x).toBeGreaterThan(0)
    const colours: number = await page.evaluate(
      `(() => { const c = document.querySelector('.map-objects'); const d = c.getContext('2d').getImageData(${Math.round(at.x)}, ${Math.round(at.y)}, 1, 1).data; return d[3] })()`,
    )
    expect(colours).toBe(255)
    expect(await page.locator('[data-tile=cctv] .coverage').getAttribute('data-live')).toBe('32')
    expect(await page.locator('.simulation').count()).toBe(1)
    expect({ complaints, strays }).toEqual({ complaints: [], strays: [] })
  })

  test('a delta moves a bus from its last fix to the new one, and not past it', async () => {
    const server = await wall.backend()
    server.city.silence.add('bus-01')
    const now = Date.now()
    server.city.change('bus-01', { lat: 3.6, lon: 98.49, measuredAt: isoAt(now - 4000), receivedAt: isoAt(now - 4000) })
    const { page, complaints } = await wall.open(`${server.url}/?e2e=1`)
    await item(page, 'bus-01').waitFor({ state: 'attached' })
    await expect.poll(() => page.locator('.map-sheet').count()).toBeGreaterThan(3)
    // Against a camera that stands still: what the panels beside the map grow by while they fill moves both.
    const height = async () => {
      const [bus, camera] = [await drawn(page, 'bus-01'), await drawn(page, 'cctv-01')]
      return bus.y - camera.y
    }
    await page.locator('.map-gl[data-ready="true"]').waitFor()
    const before = await height()
    const later = Date.now()
    server.city.change('bus-01', {
      lat: 3.6009,
      lon: 98.49,
      measuredAt: isoAt(later),
      receivedAt: isoAt(later),
      metrics: { speed_kmh: 31 },
    })
    const ys: number[] = []
    await expect
      .poll(
        async () => {
          const y = await height()
          ys.push(y)
          return before - y
        },
        { timeout: 15_000 },
      )
      .toBeGreaterThan(5)
    expect(ys).toEqual([...ys].sort((a, b) => b - a))
    expect(new Set(ys.map((y) => y.toFixed(1))).size).toBeGreaterThan(3)
    expect(complaints).toEqual([])
  })

  test('a device ages into late, stale and offline though the server says nothing', async () => {
    const city = createScriptedCity({ siteDir, nowMs: Date.now() })
    city.silence.add('bus-02')
    const server = await wall.backend({ city })
    const { page } = await wall.open(server.url)
    await expect.poll(() => attribute(page, 'bus-02', 'data-state'), { timeout: 12_000 }).toBe('late')
    await expect.poll(() => attribute(page, 'bus-02', 'data-state'), { timeout: 14_000 }).toBe('stale')
    expect(Number(await attribute(page, 'bus-02', 'data-age-s'))).toBeGreaterThanOrEqual(15)
    expect(await page.locator('.attention-row[data-id=bus-02]').count()).toBe(1)
  })

  test('a killed server: a band within 3.5 s, nothing live, nothing moving', async () => {
    const server = await wall.backend()
    const { page, complaints } = await wall.open(`${server.url}/?e2e=1`)
    await item(page, 'bus-01').waitFor({ state: 'attached' })
    await page.locator('.map-gl[data-ready="true"]').waitFor()
    const killedAt = Date.now()
    await server.close()
    await page.locator('[data-band=lost]').waitFor()
    expect(Date.now() - killedAt).toBeLessThan(3500)
    expect(await page.locator('[data-state=online], [data-state=late]').count()).toBe(0)
    expect(await page.locator('html').getAttribute('data-link')).toBe('lost')
    await expect
      .poll(() => page.locator('[data-band=lost]').textContent())
      .toMatch(/gambar membeku sejak \d\d\.\d\d\.\d\d WIB \(\d+ dtk\)/)
    const frames = () => page.evaluate<number>('globalThis.__bcc.frames()')
    const before = await frames()
    await expect.poll(frames).toBeGreaterThan(before + 1)
    const [first, age] = [await drawn(page, 'bus-01'), Number(await attribute(page, 'bus-01', 'data-age-s'))]
    await expect
      .poll(async () => Number(await attribute(page, 'bus-01', 'data-age-s')), { timeout: 5000 })
      .toBeGreaterThan(age + 1)
    expect(await drawn(page, 'bus-01')).toEqual(first)
    expect(complaints.filter((text) => !text.includes('ERR_CONNECTION_REFUSED'))).toEqual([])
  })

  test('a server that hangs is noticed within 3.5 s, and its return is believed with a snapshot', async () => {
    const server = await wall.backend()
    const { page, complaints } = await wall.open(server.url)
    await item(page, 'bus-01').waitFor({ state: 'attached' })
    const hungAt = Date.now()
    server.hang(true)
    await page.locator('[data-band=lost]').waitFor()
    expect(Date.now() - hungAt).toBeLessThan(3500)
    server.hang(false)
    await page.locator('[data-band=restored]').waitFor({ timeout: 5000 })
    await expect.poll(() => attribute(page, 'bus-01', 'data-state')).toBe('online')
    await expect.poll(() => page.locator('.band').count(), { timeout: 8000 }).toBe(0)
    expect(complaints).toEqual([])
  })

  test('a live link without data says that data has stopped', async () => {
    const server = await wall.backend()
    const { page } = await wall.open(server.url)
    await item(page, 'bus-01').waitFor({ state: 'attached' })
    server.stopData(true)
    const stoppedAt = Date.now()
    await page.locator('[data-band=stopped]').waitFor({ timeout: 8000 })
    expect(Date.now() - stoppedAt).toBeLessThan(6500)
    expect(await page.locator('html').getAttribute('data-link')).toBe('up')
  })

  test('the panel of a device shows its values with ages, and charts with gap and spike', async () => {
    const server = await wall.backend()
    const { page, complaints } = await wall.open(server.url)
    await item(page, 'cctv-03').locator('button').focus()
    await page.keyboard.press('Enter')
    await page.locator('.device[data-id=cctv-03]').waitFor()
    expect(new URL(page.url()).searchParams.get('focus')).toBe('cctv-03')
    const chart = page.locator('.chart[data-metric=fps]')
    await chart.locator('canvas').waitFor()
    expect(await chart.getAttribute('data-gaps')).toBe('1')
    const now = Number(server.city.devices.get('cctv-03')?.metrics.fps)
    expect(Number(await chart.getAttribute('data-max'))).toBeGreaterThan(2.5 * now)
    expect(await page.locator('.metric-list [data-metric=fps] .value').getAttribute('data-age-s')).toMatch(/^\d+$/)
    await page.keyboard.press('Escape')
    await expect.poll(() => page.locator('.side-panel').count()).toBe(0)
    expect(complaints).toEqual([])
  })

  test('an admin registers a device, sees its key once with a command that uses it, and finds it in the list', async () => {
    const server = await wall.backend()
    const { page, complaints } = await wall.open(`${server.url}/konsol/perangkat`)
    await page.locator('.table-row[data-id=bus-01]').waitFor()
    await page.keyboard.press('n')
    await page.locator('input[name=id]').fill('air-baru')
    await page.locator('select[name=profile]').selectOption('river-gauge')
    await page.locator('input[name=name]').fill('Pos <b>baru</b>')
    await page.keyboard.press('Enter')
    const key = await page.locator('[data-secret=key]').textContent()
    const command = await page.locator('[data-secret=command]').textContent()
    expect(command).toContain(`-u air-baru -P '${key}'`)
    expect(command).toContain('-t kota/v2/sensor/air-baru/telemetry')
    await page.locator('.window .primary').click()
    expect(await page.locator('[data-secret]').count()).toBe(0)
    await page.keyboard.press('/')
    await page.keyboard.type('air-baru')
    await expect.poll(() => page.locator('.table-row[data-id]').count()).toBe(1)
    expect(await page.locator('.table-row[data-id=air-baru] .col-name').textContent()).toBe('Pos <b>baru</b>')
    expect(complaints).toEqual([])
  })

  test('an operator sees the list but may not change it; a screen sees only the wall', async () => {
    const server = await wall.backend()
    server.role = 'operator'
    const { page } = await wall.open(`${server.url}/konsol/perangkat`)
    await page.locator('.table-row[data-id=bus-01]').waitFor()
    expect(await page.locator('.page-head .primary, .col-actions button').count()).toBe(0)
    server.role = 'wall'
    await page.goto(`${server.url}/konsol/perangkat`)
    await page.locator('.wall').waitFor()
    expect(new URL(page.url()).pathname).toBe('/')
  })

  test('the counters of the pipeline visibly add up, and say so when they do not', async () => {
    const server = await wall.backend()
    const { page } = await wall.open(`${server.url}/konsol/aliran`)
    await page.locator('.balance[data-missing="0"]').waitFor()
    server.pipeline.stored -= 5
    await page.locator('.balance[data-missing="5"]').waitFor({ timeout: 5000 })
  })

  test('counters of before are told with their moment, and those that nobody knows with a dash, never as zero', async () => {
    const server = await wall.backend()
    const { page } = await wall.open(`${server.url}/konsol/aliran`)
    await page.locator('.balance[data-missing="0"]').waitFor()
    server.pipeline.ingest = { up: false, countedAt: '2026-11-21T01:00:00.000Z' }
    await page.getByText(/tersimpan, duplikat dan ditolak per 08[.:]00/).waitFor({ timeout: 5000 })
    const unknown = { received: null, stored: null, duplicates: null, rejected: null, waiting: null, lagMs: null }
    Object.assign(server.pipeline, unknown, { ingest: { up: false, countedAt: null } })
    await page.locator('.balance[data-missing="unknown"]').waitFor({ timeout: 5000 })
    expect(await page.locator('.balance-term strong').allTextContents()).toEqual(['—', '—', '—', '—', '—'])
    expect(await page.locator('.balance-check').allTextContents()).toEqual([
      'Ingest belum memberi hitungan sejak server ini mulai.',
    ])
    expect(await page.getByText('Tidak ada yang ditolak.').count()).toBe(0)
  })

  test('a refused message is shown with its bytes and can be tried again', async () => {
    const server = await wall.backend()
    const { page, complaints } = await wall.open(`${server.url}/konsol/karantina`)
    const row = page.locator('.quarantine-row').first()
    await row.locator('summary').click()
    expect(await row.locator('.hex').textContent()).toContain('7b 22 74 73')
    await row.locator('.quarantine-retry button').click()
    await expect.poll(() => row.locator('[role=status]').textContent()).toContain('ditolak lagi')
    expect(complaints).toEqual([])
  })

  test('language and palette change at a key, times stay WIB on any host', async () => {
    const server = await wall.backend()
    const { page } = await wall.open(server.url)
    await item(page, 'bus-01').waitFor({ state: 'attached' })
    const hours = new Date(Date.now() + 7 * 3_600_000).toISOString().slice(11, 13)
    expect(await page.locator('.clock-time').textContent()).toMatch(new RegExp(`^${hours}\\.\\d\\d\\.\\d\\d$`))
    await page.keyboard.press('l')
    await expect.poll(() => page.locator('.link-pill').textContent()).toBe('LIVE')
    expect(await page.locator('html').getAttribute('lang')).toBe('en')
    expect(await page.locator('.clock').textContent()).toMatch(new RegExp(`^${hours}:\\d\\d:\\d\\dWIB$`))
    await page.keyboard.press('d')
    expect(await page.locator('html').getAttribute('data-theme')).toBe('siang')
  })

  test.each([
    ['Asia/Jayapura', 9, 'WIT'],
    ['Asia/Makassar', 8, 'WITA'],
  ])('a city in %s has its own time and day', async (zone, ahead, name) => {
    const server = await wall.backend()
    server.timeZone = zone
    const { page } = await wall.open(`${server.url}/konsol/audit`)
    const there = () => new Date(Date.now() + ahead * 3_600_000).toISOString()
    await expect.poll(() => page.locator('.clock').textContent()).toContain(`${there().slice(11, 13)}.`)
    expect(await page.locator('.clock').textContent()).toMatch(new RegExp(`${name}$`))
    const asked = page.waitForRequest(/audit\?.*from=/)
    await page.locator('input[type=date]').first().fill(there().slice(0, 10))
    const midnight = Date.parse(`${there().slice(0, 10)}T00:00:00Z`) - ahead * 3_600_000
    expect(new URL((await asked).url()).searchParams.get('from')).toBe(new Date(midnight).toISOString())
    expect(await page.locator('.filters').textContent()).toContain(`(${name})`)
  })

  test('asks for a password, and again when the session has ended', async () => {
    const server = await wall.backend({ signedIn: false })
    const { page } = await wall.open(`${server.url}/konsol/aliran`)
    await page.locator('input[name=username]').fill('uji')
    await page.locator('input[name=password]').fill('salah')
    await page.keyboard.press('Enter')
    await page.locator('.form-error').waitFor()
    await page.locator('input[name=password]').fill(backendPassword)
    await page.keyboard.press('Enter')
    await page.locator('.balance').waitFor()
    server.logOut()
    await page.locator('.login').waitFor({ timeout: 15_000 })
    expect(new URL(page.url()).searchParams.get('next')).toBe('/konsol/aliran')
  })

  test('an empty city says how the first device gets there', async () => {
    const city = createScriptedCity({ siteDir, nowMs: Date.now() })
    for (const id of [...city.devices.keys()]) city.remove(id)
    const { page } = await wall.open((await wall.backend({ city })).url)
    await page.locator('.first-steps code').waitFor()
    expect(await page.locator('.simulation').count()).toBe(0)
  })

  test.each([
    [5760, 2160, 'tiled'],
    [3840, 2160, 'single'],
    [1920, 1080, 'desk'],
    [390, 844, 'phone'],
  ])('on %i x %i the %s layout cuts nothing off', async (width, height, layout) => {
    const { page } = await wall.open((await wall.backend()).url, { width, height })
    await item(page, 'bus-01').waitFor({ state: 'attached' })
    expect(await page.locator('.wall').getAttribute('data-layout')).toBe(layout)
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width)
    expect(await cutOff(page)).toEqual([])
  })

  test('without WebGL the map is drawn all the same, and says so', async () => {
    const plain = await openBrowser(['--disable-3d-apis'])
    onTestFinished(() => plain.close())
    const server = await wall.backend()
    const { page, complaints } = await openPage(plain, `${server.url}/`)
    await page.locator('[data-pill=lite]').waitFor()
    await expect.poll(() => page.locator('.object-list li').count()).toBe(server.city.devices.size)
    expect(complaints).toEqual([])
  })
})
