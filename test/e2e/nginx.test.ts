import { readFileSync } from 'node:fs'
import type { IncomingHttpHeaders } from 'node:http'
import { request } from 'node:https'
import mqtt from 'mqtt'
import { io } from 'socket.io-client'
import { expect, onTestFinished, test } from 'vitest'
import { missingProgram } from '../support/influx/influx-process.ts'
import { makeAuthority } from '../support/system/certificates.ts'
import { startNginx } from '../support/system/nginx.ts'
import { tempDir } from '../support/system/temp-dir.ts'
import { registerBuses, startWholeSystem } from '../support/system/whole-system.ts'

const name = 'komando.example'
const password = 'kata-sandi-rahasia'

async function behindNginx() {
  const dir = tempDir()
  const [bus] = await registerBuses(dir, ['bus-7'])
  const settings = { BCC_TRUSTED_PROXIES: '127.0.0.1', BCC_PUBLIC_HOSTS: name, BCC_ADMIN_PASSWORD: password }
  const system = await startWholeSystem({ dir, settings })
  onTestFinished(() => system.stop())
  const authority = makeAuthority()
  const { certFile, keyFile } = authority.issue('proxy', { commonName: name, otherNames: `DNS:${name}` })
  const nginx = await startNginx({ dir: tempDir(), upstreamPort: system.http, serverName: name, certFile, keyFile })
  onTestFinished(() => nginx.stop())
  const tls = { ca: readFileSync(authority.file, 'utf8'), servername: name, headers: { host: `${name}:${nginx.port}` } }

  /** From an address of the loopback network of its own. */
  function call(
    path: string,
    more: { method?: string; body?: string; from?: string; headers?: Record<string, string> } = {},
  ) {
    const { method = 'GET', body, from = '127.0.0.1', headers = {} } = more
    return new Promise<{ status: number; headers: IncomingHttpHeaders; text: string }>((resolve, reject) => {
      const asked = request(
        {
          ...{ ...tls, port: nginx.port, host: '127.0.0.1', localAddress: from, path, method, agent: false },
          headers: { ...tls.headers, 'content-type': 'application/json', ...headers },
        },
        (response) => {
          let text = ''
          response.on('data', (chunk) => {
            text += chunk
          })
          response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }))
        },
      )
      asked.on('error', reject)
      asked.end(body)
    })
  }
  const login = (secret: string, from: string, headers = {}) =>
    call('/api/v1/session', {
      method: 'POST',
      from,
      headers,
      body: JSON.stringify({ username: 'admin', password: secret }),
    })
  return { nginx, tls, call, login, bus }
}

test.skipIf(missingProgram('nginx') !== undefined)(
  'behind nginx, as the docs set it up, everybody is himself, cookies are for TLS, and Socket.IO and MQTT pass',
  async () => {
    const { nginx, tls, call, login, bus } = await behindNginx()

    const origin = `https://${name}:${nginx.port}`
    const signedIn = await login(password, '127.0.0.5', { origin, 'sec-fetch-site': 'same-origin' })
    expect(signedIn.status).toBe(200)
    expect(signedIn.headers['set-cookie']?.[0]).toMatch(/; HttpOnly; Secure; SameSite=Strict$/)
    expect(signedIn.headers['strict-transport-security']).toBe('max-age=31536000')
    const cookie = signedIn.headers['set-cookie']?.[0]?.split(';')[0] ?? ''
    expect((await login(password, '127.0.0.5', { origin: 'https://evil.example' })).status).toBe(403)

    // One who guesses is slowed, whatever he writes into the header; nobody else is.
    const guesses: number[] = []
    for (let n = 0; n < 7; n += 1) {
      guesses.push((await login('wrong', '127.0.0.2', { 'x-forwarded-for': `198.51.100.${n}` })).status)
    }
    expect(guesses.at(-1)).toBe(429)
    expect((await login('wrong', '127.0.0.3')).status).toBe(401)
    const noted = (await call('/api/v1/audit?action=session.refused', { headers: { cookie } })).text
    expect(noted).toContain('"address":"127.0.0.2"')
    expect(noted).not.toContain('198.51.100')

    const wall = io(`wss://127.0.0.1:${nginx.port}/wall`, {
      transports: ['websocket'],
      ...tls,
      extraHeaders: { ...tls.headers, cookie, origin },
    })
    onTestFinished(() => void wall.close())
    await new Promise((resolve) => wall.once('snapshot', resolve))
    const polling = await call('/socket.io/?EIO=4&transport=polling', { headers: { cookie } })
    expect(polling.status).toBe(200)

    const device = await mqtt.connectAsync(`wss://127.0.0.1:${nginx.port}/mqtt`, {
      ...{ username: bus?.id ?? '', password: bus?.key ?? '', wsOptions: tls },
    })
    onTestFinished(() => device.endAsync())
    const seen = new Promise((resolve) => wall.on('delta', resolve))
    await device.publishAsync(bus?.topic ?? '', '{"passengers":12}', { qos: 1 })
    await seen

    expect((await call('/', { headers: { host: 'evil.example' } })).status).toBe(421)
  },
  60_000,
)
