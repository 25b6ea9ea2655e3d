import { readFileSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { Secret, TOTP } from 'otpauth'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { openRegistry, type Registry } from '../../storage/registry/registry.ts'
import { browserMissing, builtDashboard, openBrowser } from '../support/browser/browser.ts'
import { missingProgram } from '../support/influx/influx-process.ts'
import { localhost, makeAuthority } from '../support/system/certificates.ts'
import { startNginx } from '../support/system/nginx.ts'
import { startSystem } from '../support/system/system.ts'
import { tempDir } from '../support/system/temp-dir.ts'

const missing = browserMissing() ?? missingProgram('openssl')
const name = 'komando.example'
const newPassword = 'kuda baterai staples benar'

interface Door {
  dir: string
  base: string
}

/** Ways by which browsers come to the system. What a browser lets a page do differs between them. */
const doors: Record<string, () => Promise<Door>> = {
  'http://127.0.0.1': () => plain('127.0.0.1'),
  'http://localhost': () => plain('localhost'),
  'http://[::1]': () => plain('[::1]', { BCC_HTTP_HOST: '::1' }),
  // No secure context: https://w3c.github.io/webappsec-secure-contexts/
  [`http://${name}`]: () => plain(name, { BCC_PUBLIC_HOSTS: name }),
  'https://localhost': async () => {
    const { certFile, keyFile } = makeAuthority().issue('server', localhost)
    const settings = { BCC_TLS_CERT: certFile, BCC_TLS_KEY: keyFile, BCC_HTTP_HOST: '127.0.0.1' }
    const { dir, http } = await startSystem(settings, { scheme: 'https' })
    return { dir, base: `https://localhost:${http}` }
  },
}

async function plain(host: string, settings: Record<string, string> = {}): Promise<Door> {
  const { dir, http } = await startSystem(settings)
  return { dir, base: `http://${host}:${http}` }
}

async function behindProxy(): Promise<Door> {
  const { dir, http } = await startSystem({ BCC_TRUSTED_PROXIES: '127.0.0.1', BCC_PUBLIC_HOSTS: name })
  const { certFile, keyFile } = makeAuthority().issue('proxy', { commonName: name, otherNames: `DNS:${name}` })
  const nginx = await startNginx({ dir: tempDir(), upstreamPort: http, serverName: name, certFile, keyFile })
  onTestFinished(() => nginx.stop())
  return { dir, base: `https://${name}:${nginx.port}` }
}
const hasIpv6 = Object.values(networkInterfaces()).some((list) => list?.some(({ address }) => address === '::1'))
if (!hasIpv6) delete doors['http://[::1]']
if (missingProgram('nginx') === undefined) doors[`https://${name} of a proxy`] = behindProxy

describe.skipIf(missing)(`a browser at every door ${missing ?? ''}`, { timeout: 90_000 }, () => {
  let browser: Browser

  beforeAll(async () => {
    builtDashboard()
    browser = await openBrowser([`--host-resolver-rules=MAP ${name} 127.0.0.1`])
  }, 120_000)
  afterAll(() => browser?.close())

  async function newBrowser(complaints: string[] = []): Promise<BrowserContext> {
    const context = await browser.newContext({ ignoreHTTPSErrors: true, acceptDownloads: true, locale: 'id-ID' })
    onTestFinished(() => context.close())
    context.on('console', (message) => {
      const graphics = message.text().startsWith('[.WebGL')
      if (/error|warning/.test(message.type()) && !graphics) complaints.push(message.text())
    })
    context.on('weberror', (error) => complaints.push(error.error().message))
    return context
  }

  async function registryOf(dir: string): Promise<Registry> {
    const registry = await openRegistry({ file: join(dir, 'registry.db'), pepper: readFileSync(join(dir, 'secret')) })
    onTestFinished(() => registry.close())
    return registry
  }

  const live = (page: Page) => page.locator('.link-pill[data-link=up]').waitFor({ timeout: 10_000 })
  const passwordOf = (dir: string) => readFileSync(join(dir, 'admin-password'), 'utf8').trim()

  async function signIn(page: Page, base: string, password: string, code?: string): Promise<void> {
    await page.goto(`${base}/masuk?next=/konsol/akun`)
    await page.locator('[name=username]').fill('admin')
    await page.locator('[name=password]').fill(password)
    await page.keyboard.press('Enter')
    if (code !== undefined) {
      await page.locator('.login [name=code]').fill(code)
      await page.keyboard.press('Enter')
    }
    await page.locator('.account-page').waitFor()
  }

  /** Where the form is whose button says this. */
  const formWith = (page: Page, button: string) =>
    page.locator('.form').filter({ has: page.locator('button', { hasText: button }) })

  test.each(Object.keys(doors))('%s: a one-time link signs in by its button, once', async (name) => {
    const { dir, base } = (await doors[name]?.()) ?? { dir: '', base: '' }
    const registry = await registryOf(dir)
    const complaints: string[] = []
    const page = await (await newBrowser(complaints)).newPage()
    const link = `${base}/masuk/${await registry.loginLinks.create('admin')}`
    await page.goto(link)
    await page.locator('button').click()
    await page.waitForURL(`${base}/`)
    await live(page)
    expect(await page.evaluate('document.cookie')).toBe('')

    // By whoever is signed in already, and by whoever is not.
    const stranger = await (await newBrowser()).newPage()
    for (const again of [page, stranger]) {
      await again.goto(link)
      await again.locator('button').click()
      await expect.poll(() => again.locator('.login p[role=status]').textContent()).toContain('sudah dipakai')
    }
    expect(await stranger.locator('input[name=password]').count()).toBe(1)

    // Two presses before the answer has come.
    const hasty = await (await newBrowser()).newPage()
    await hasty.goto(`${base}/masuk/${await registry.loginLinks.create('admin')}`)
    await hasty.locator('button').dblclick()
    await hasty.waitForURL(`${base}/`)
    await live(hasty)
    expect(complaints).toEqual([])
  })

  // The first two differ from the third in nothing that a page could notice.
  test.each(Object.keys(doors).slice(2))('%s: everything that a page sends arrives', async (name) => {
    const { dir, base } = (await doors[name]?.()) ?? { dir: '', base: '' }
    const registry = await registryOf(dir)
    await registry.devices.create({ id: 'bus-07', profile: 'trans-binjai-bus' })
    const complaints: string[] = []
    const context = await newBrowser(complaints)
    const page = await context.newPage()
    await signIn(page, base, passwordOf(dir))
    // Asking who is signed in was answered with 401 before there was anyone; browsers write that down.
    complaints.length = 0

    // The second factor, and in again with it.
    const factor = formWith(page, 'Siapkan')
    await factor.locator('[name=password]').fill(passwordOf(dir))
    await page.keyboard.press('Enter')
    const secret = (await page.locator('[data-secret=totp]').textContent()) ?? ''
    const totp = new TOTP({ secret: Secret.fromBase32(secret.replaceAll(' ', '')) })
    await page.locator('.form [name=code]').fill(totp.generate())
    await page.keyboard.press('Enter')
    await page.locator('[data-secret=recovery]').first().waitFor()
    const recovery = await page.locator('[data-secret=recovery]').allTextContents()

    // A key, a token, and their way to the clipboard.
    await page.goto(`${base}/konsol/token`)
    await page.locator('.page-head button').click()
    await page.locator('[name=name]').fill('layar-uji')
    await page.keyboard.press('Enter')
    await page.locator('[data-secret=token]').waitFor()
    await page.locator('.copyable button').click()
    await expect.poll(() => page.locator('.copyable button').textContent()).toBe('Tersalin')
    await page.locator('.window .primary').click()

    // A screen is paired by its code, and its picture is live.
    const screen = await (await newBrowser(complaints)).newPage()
    await screen.goto(`${base}/layar`)
    const code = await screen.locator('.pairing-code[data-code]').getAttribute('data-code')
    await page.goto(`${base}/konsol/layar`)
    await page.locator('.page-head button').first().click()
    await page.locator('.window [name=name]').fill('utama-1')
    await page.locator('.window [name=code]').fill(code ?? '')
    await page.keyboard.press('Enter')
    await live(screen)
    await screen.reload()
    await live(screen)

    // A file.
    await page.goto(`${base}/konsol/perangkat?focus=bus-07`)
    const download = page.waitForEvent('download')
    await page.locator('.device-ways a[download]').click()
    const file = await download
    expect(file.suggestedFilename()).toBe('bus-07.csv')
    expect(readFileSync(await file.path(), 'utf8')).toMatch(/^ts\b/)
    await page.goto(`${base}/api/docs`)
    await page.locator('h2').first().waitFor()

    // Where else the person is signed in.
    await page.goto(`${base}/konsol/sesi`)
    await page.locator('[data-current=true]').waitFor()

    // The way out, and in with a recovery code; a new password ends it all.
    await page.goto(`${base}/konsol/akun`)
    await page.locator('.account button', { hasText: 'Keluar' }).click()
    await page.locator('.login').waitFor()
    await signIn(page, base, passwordOf(dir), recovery[0])
    const change = formWith(page, 'Ganti')
    await change.locator('[name=password]').fill(passwordOf(dir))
    await change.locator('[name=newPassword]').fill(newPassword)
    await change.locator('[name=code]').fill(recovery[1] ?? '')
    await page.keyboard.press('Enter')
    await page.locator('.login').waitFor()
    await signIn(page, base, newPassword, recovery[2])
    expect(complaints.filter((words) => !words.includes('401 (Unauthorized)'))).toEqual([])
  })
})
