import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { get } from 'node:https'
import { join } from 'node:path'
import { connect } from 'node:tls'
import mqtt, { type MqttClient } from 'mqtt'
import { expect, onTestFinished, test } from 'vitest'
import { missingProgram } from '../support/influx/influx-process.ts'
import { localhost, makeAuthority } from '../support/system/certificates.ts'
import { startSystem } from '../support/system/system.ts'
import { tempDir } from '../support/system/temp-dir.ts'

const topic = 'binjai/v1/bus/bus-07/telemetry'

/** The serial number of the certificate that is shown at this port. */
function serialAt(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: 'localhost', rejectUnauthorized: false }, () => {
      resolve(socket.getPeerCertificate().serialNumber)
      socket.destroy()
    })
    socket.on('error', reject)
  })
}

function fetchText(url: string, ca: Buffer): Promise<{ status: number | undefined; text: string }> {
  return new Promise((resolve, reject) => {
    get(url, { ca, agent: false }, (response) => {
      let text = ''
      response.on('data', (chunk) => {
        text += chunk
      })
      response.on('end', () => resolve({ status: response.statusCode, text }))
    }).on('error', reject)
  })
}

function parentOf(pid: number | undefined): number {
  return Number(/^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
}

test.skipIf(missingProgram('openssl'))(
  'renewed certificates are used by HTTPS and MQTT without breaking a connection; broken ones are told and change nothing',
  async () => {
    const authority = makeAuthority()
    const dir = tempDir()
    const [cert, key, caFile] = ['cert.pem', 'key.pem', 'ca.pem'].map((name) => join(dir, name)) as [
      string,
      string,
      string,
    ]
    const install = () => {
      const made = authority.issue('server', localhost)
      copyFileSync(made.certFile, cert)
      copyFileSync(made.keyFile, key)
    }
    install()
    copyFileSync(authority.file, caFile)
    const tls = { BCC_TLS_CERT: cert, BCC_TLS_KEY: key, BCC_TLS_CA: caFile, BCC_MQTTS_PORT: '0' }
    const settings = { ...tls, BCC_HTTP_HOST: '127.0.0.1', BCC_LOG_LEVEL: 'silent' }
    const system = await startSystem(settings, { scheme: 'https' })
    const ports = JSON.parse(readFileSync(join(system.dir, 'ports.json'), 'utf8'))
    expect(ports).toEqual({ http: system.http, mqtt: system.mqtt, mqtts: expect.any(Number) })
    const ca = readFileSync(authority.file)
    const base = `https://localhost:${ports.http}`

    const deviceKey = await system.addDevice('bus-07', 'trans-binjai-bus')
    const otherKey = await system.addDevice('bus-08', 'trans-binjai-bus')
    const open = async (url: string, login: object): Promise<MqttClient> => {
      const client = await mqtt.connectAsync(url, { reconnectPeriod: 0, ca, ...login })
      client.on('error', () => undefined)
      onTestFinished(() => void client.end(true))
      return client
    }
    const device = authority.issue('bus-07')
    const byCertificate = await open(`mqtts://localhost:${ports.mqtts}`, { cert: device.cert, key: device.key })
    const overWebSocket = await open(`wss://localhost:${ports.http}/mqtt`, { username: 'bus-08', password: otherKey })
    const serials = () => Promise.all([serialAt(ports.http), serialAt(ports.mqtts)])
    const first = await serials()
    expect(new Set(first).size).toBe(1)

    install()
    process.kill(parentOf(system.pid('broker')), 'SIGHUP')
    await expect.poll(serials, { timeout: 1500 }).not.toContain(first[0])
    const second = await serials()
    expect(new Set(second).size).toBe(1)

    const whole = readFileSync(cert, 'utf8')
    writeFileSync(cert, whole.slice(0, 200))
    const readiness = () => fetchText(`${base}/readyz`, ca)
    await expect.poll(async () => (await readiness()).text, { timeout: 8000 }).toContain('newer files cannot be used')
    expect(await readiness()).toMatchObject({ status: 200, text: expect.not.stringContaining(dir) })
    expect((await fetchText(`${base}/metrics`, ca)).text).toMatch(/^bcc_certificate_fault 1$/m)
    expect(await serials()).toEqual(second)
    writeFileSync(cert, whole)
    await expect.poll(async () => (await readiness()).text, { timeout: 8000 }).not.toContain('cannot be used')
    expect((await fetchText(`${base}/metrics`, ca)).text).toMatch(
      /^bcc_certificate_not_after_seconds\{certificate="ca"\} \d+$/m,
    )

    await byCertificate.publishAsync(topic, '{"speed_kmh":1}', { qos: 1 })
    await overWebSocket.publishAsync(topic.replace('07', '08'), '{"speed_kmh":2}', { qos: 1 })
    expect([byCertificate.connected, overWebSocket.connected]).toEqual([true, true])

    const shown = JSON.parse(await system.bcc('device', 'show', 'bus-07', '--json'))
    expect(shown.device).toMatchObject({ keyUsedAt: null, certificateUsedAt: expect.any(String) })

    // Its ports stay when it is started again.
    process.kill(system.pid('broker') ?? 0, 'SIGKILL')
    const back = () =>
      open(`mqtts://localhost:${ports.mqtts}`, { username: 'bus-07', password: deviceKey }).then(
        () => true,
        () => false,
      )
    await expect.poll(back, { timeout: 8000 }).toBe(true)
  },
  60_000,
)
