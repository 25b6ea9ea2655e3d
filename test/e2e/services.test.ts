import mqtt from 'mqtt'
import { describe, expect, onTestFinished, test } from 'vitest'
import { connectService, type TestService } from '../support/broker/service.ts'
import { browserMissing, builtDashboard, openBrowser } from '../support/browser/browser.ts'
import { type System, startSystem } from '../support/system/system.ts'

const missing = browserMissing()
const states = 'binjai/v1/+/+/state'
const patient = { timeout: 20_000 }

const lastState = ({ heard }: TestService) =>
  heard.flatMap(({ topic, text }) => (topic.endsWith('/state') && text !== '' ? [JSON.parse(text)] : [])).at(-1)

/** A bus that sends each second. */
async function drive(system: System): Promise<void> {
  const key = await system.addDevice('bus-07', 'trans-binjai-bus')
  const bus = await mqtt.connectAsync(`mqtt://127.0.0.1:${system.mqtt}`, { username: 'bus-07', password: key })
  onTestFinished(() => void bus.end(true))
  const timer = setInterval(
    () => bus.publish('binjai/v1/bus/bus-07/telemetry', `{"speed_kmh":${new Date().getSeconds()}}`, { qos: 1 }),
    1000,
  )
  onTestFinished(() => clearInterval(timer))
}

async function stop(system: System, role: 'ingest', signal: 'SIGSTOP' | 'SIGKILL' | 'SIGCONT'): Promise<number> {
  const pid = system.pid(role)
  if (pid === undefined) throw new Error(`no process of ${role}`)
  process.kill(pid, signal)
  return pid
}

test('a restart of ingest is bridged, one that hangs makes states unknown, and they come back', {
  timeout: 90_000,
}, async () => {
  const system = await startSystem()
  await drive(system)
  const token = /Token: (\S+)/.exec(
    await system.bcc('token', 'add', 'kota-lain', '--role', 'service', '--filter', states),
  )?.[1]
  const service = await connectService({ port: system.mqtt }, { name: 'kota-lain', token: token ?? '' })
  await service.subscribe(states)
  await expect.poll(() => lastState(service)?.state, patient).toBe('online')

  const before = service.heard.length
  await stop(system, 'ingest', 'SIGKILL')
  await expect.poll(() => service.heard.length, patient).toBeGreaterThan(before + 1)
  expect(service.heard.slice(before).map(({ text }) => JSON.parse(text).state)).not.toContain('unknown')

  // It hangs: it is ended after 10 s, and nobody may take the last words for the present meanwhile.
  await stop(system, 'ingest', 'SIGSTOP')
  const hungMs = performance.now()
  await expect
    .poll(() => lastState(service), patient)
    .toMatchObject({ state: 'unknown', reason: 'not-watched', metrics: {} })
  expect(performance.now() - hungMs).toBeLessThan(8000)
  await expect.poll(() => lastState(service)?.state, { timeout: 30_000 }).toBe('online')
})

describe.skipIf(missing)(`the console ${missing ?? ''}`, () => {
  test('makes a service, and shows who listens and how it fares', { timeout: 120_000 }, async () => {
    builtDashboard()
    const system = await startSystem()
    await drive(system)
    const { cookie, base } = await system.login()
    const browser = await openBrowser()
    onTestFinished(() => browser.close())
    const context = await browser.newContext({ locale: 'en-US' })
    const [name = '', value = ''] = cookie.split('=')
    await context.addCookies([{ name, value, url: base }])
    const page = await context.newPage()
    const complaints: string[] = []
    page.on('pageerror', (error) => complaints.push(error.message))
    await page.goto(`${base}/konsol/token`)
    await page.locator('.page-head button').click()
    await page.locator('.window [name=name]').fill('kota-lain')
    await page.locator('.window [name=role]').selectOption('service')
    await page.locator('.window [name=filters]').fill(`${states}\nmedan/v1/#`)
    await page.locator('.window button[type=submit]').click()
    await expect.poll(() => page.locator('.window').textContent()).toMatch(/topic|topik/)
    await page.locator('.window [name=filters]').fill(`${states}\nbinjai/v1/+/+/telemetry`)
    await page.locator('.window button[type=submit]').click()
    const token = (await page.locator('[data-secret=token]').textContent()) ?? ''
    await page.locator('.window .primary').click()
    const service = await connectService({ port: system.mqtt }, { name: 'kota-lain', token: token.trim() })
    await service.subscribe(['binjai/v1/+/+/telemetry', states])
    await expect.poll(() => service.heard.length, patient).toBeGreaterThan(2)

    await page.reload()
    const row = page.locator('[data-token="kota-lain"]')
    await expect.poll(() => row.locator('.token-filter').allTextContents()).toContain(states)
    await expect.poll(() => row.locator('[data-mqtt]').textContent()).toMatch(/: 1 .*[1-9]/)
    await page.goto(`${base}/konsol/aliran`)
    const connection = page.locator('[data-service="kota-lain"]')
    await expect.poll(() => connection.textContent(), patient).toContain(states)

    await page.goto(`${base}/konsol/token`)
    const closed = new Promise<void>((resolve) => service.client.once('close', () => resolve()))
    await row.locator('button').click()
    await page.locator('.window button', { hasText: /Revoke|Cabut/ }).click()
    await closed
    await page.goto(`${base}/konsol/aliran`)
    await expect.poll(() => page.locator('[data-services] .calm').count(), patient).toBe(1)
    expect(complaints).toEqual([])
  })
})
