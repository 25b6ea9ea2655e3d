import { readFileSync } from 'node:fs'
import mqtt from 'mqtt'
import type { Page } from 'playwright-core'
import { describe, expect, onTestFinished, test } from 'vitest'
import { siteInfoSchema } from '../../contract/http/site.ts'
import { createCityTime } from '../../domain/city-time.ts'
import { browserMissing, builtDashboard, openBrowser, openPage } from '../support/browser/browser.ts'
import { startSystem } from '../support/system/system.ts'

const missing = browserMissing()
const jayapura = createCityTime('Asia/Jayapura')
const settings = { TZ: 'UTC', BCC_SITE_DIR: 'test/fixtures/sites/teluk', BCC_TOPIC_ROOT: 'teluk/v1' }

const text = (page: Page, selector: string) => page.locator(selector).first().textContent()

describe.skipIf(missing !== undefined)(`the whole system under TZ=UTC for a city in Jayapura ${missing ?? ''}`, () => {
  test('clock, days, quarantine and CSV say WIT', async () => {
    builtDashboard()
    const system = await startSystem(settings)
    expect(system.printed()).toMatch(/^Pusat Kendali Teluk \S+ is ready\.$/m)
    const api = await system.login()
    const told = async () => siteInfoSchema.parse(await api.get('/site'))
    await expect.poll(told).toMatchObject({
      ...{ name: 'Kota Teluk', brand: 'Pusat Kendali Teluk', busService: null, topicRoot: 'teluk/v1' },
      ...{ timeZone: 'Asia/Jayapura', timeZoneName: 'WIT', mqtt: { port: system.mqtt, tlsPort: null } },
    })

    const created = await api.send('POST', '/devices', {
      id: 'cuaca-1',
      profile: 'weather-station',
      lat: -2.56,
      lon: 140.69,
    })
    const { key } = (await created.json()) as { key: string }
    expect(await api.get('/devices/cuaca-1')).toMatchObject({ areaCode: '91.99.02.1001' })
    const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${system.mqtt}`, { username: 'cuaca-1', password: key })
    onTestFinished(() => void client.end(true))
    const topic = 'teluk/v1/sensor/cuaca-1/telemetry'
    const atMs = Date.now() - 60_000
    await client.publishAsync(topic, JSON.stringify({ ts: atMs, temperature_c: 27.5 }), { qos: 1 })
    await client.publishAsync(topic, 'halo', { qos: 1 })
    await expect.poll(() => api.pipeline()).toMatchObject({ stored: 1, rejected: { 'not-json': 1 } })

    const csv = await (await api.send('GET', '/devices/cuaca-1/readings?format=csv')).text()
    const stamp = new Date(atMs + 9 * 3_600_000).toISOString().slice(0, 19).replace('T', ' ')
    expect(csv.split('\r\n')).toEqual([
      'ts,temperature_c,local_time',
      `${new Date(atMs).toISOString()},27.5,${stamp} WIT`,
      '',
    ])

    const browser = await openBrowser()
    onTestFinished(() => browser.close())
    const base = `http://127.0.0.1:${system.http}`
    const { page, complaints } = await openPage(browser, `${base}/masuk`)
    await page.locator('[name=username]').fill('admin')
    await page.locator('[name=password]').fill(readFileSync(`${system.dir}/admin-password`, 'utf8').trim())
    await page.keyboard.press('Enter')
    await expect.poll(() => text(page, '.clock')).toMatch(/WIT$/)
    expect((await text(page, '.clock-time'))?.slice(0, 2)).toBe(jayapura.minute(Date.now(), 'id').slice(0, 2))
    expect(await text(page, '.topline-name strong')).toBe('Pusat Kendali Teluk')

    await page.goto(`${base}/konsol/karantina`)
    const { items } = await api.get<{ items: { at: string }[] }>('/quarantine')
    const refusedMs = Date.parse(items[0]?.at ?? '')
    const words = `${jayapura.date(refusedMs, 'id')} ${jayapura.time(refusedMs, 'id')} WIT`
    await expect.poll(() => text(page, '.quarantine-row')).toContain(words)

    // A day of the audit is one of the city.
    await page.goto(`${base}/konsol/audit`)
    const asked = page.waitForRequest(/audit\?.*from=/)
    await page.locator('input[type=date]').first().fill('2026-11-24')
    expect(new URL((await asked).url()).searchParams.get('from')).toBe('2026-11-23T15:00:00.000Z')
    // The first page asks who it is before anybody signed in.
    expect(complaints.filter((words) => !words.includes('401'))).toEqual([])
  }, 90_000)
})
