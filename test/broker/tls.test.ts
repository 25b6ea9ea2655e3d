import { copyFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt'
import { generate } from 'mqtt-packet'
import { pino } from 'pino'
import { describe, expect, onTestFinished, test } from 'vitest'
import { connectBroker } from '../../api/links/broker-link.ts'
import { openTlsFiles } from '../../runtime/tls/tls-files.ts'
import { type Door, openDoor } from '../support/broker/door.ts'
import { missingProgram } from '../support/influx/influx-process.ts'
import { localhost, makeAuthority, type TestAuthority, type TestCertificate } from '../support/system/certificates.ts'
import { tempDir } from '../support/system/temp-dir.ts'

const bus = 'binjai/v1/bus/bus-07'

interface SecureDoor extends Door {
  authority: TestAuthority
  paths: { cert: string; key: string; ca: string }
  install(certificate: TestCertificate): void
  /** Over TLS, with or without a certificate; resolves to a connected client. */
  secure(options?: IClientOptions & { certificate?: TestCertificate | undefined }): Promise<MqttClient>
  refused(): Promise<Record<string, number> | undefined>
}

/** A broker with a certificate, an authority for its clients, and `bus-07` registered. */
async function openSecureDoor({ requireCertificate = false } = {}): Promise<SecureDoor & { deviceKey: string }> {
  const authority = makeAuthority()
  const dir = tempDir()
  const paths = { cert: join(dir, 'cert.pem'), key: join(dir, 'key.pem'), ca: join(dir, 'ca.pem') }
  const install = ({ certFile, keyFile }: TestCertificate) => {
    copyFileSync(certFile, paths.cert)
    copyFileSync(keyFile, paths.key)
  }
  install(authority.issue('server', localhost))
  copyFileSync(authority.file, paths.ca)
  const source = openTlsFiles({ paths, log: pino({ level: 'silent' }), everyMs: 20 })
  onTestFinished(source.close)
  const door = await openDoor({ ingest: false, tls: { source, requireCertificate } })
  const deviceKey = await door.register('bus-07', 'trans-binjai-bus')
  return {
    ...door,
    ...{ authority, paths, install, deviceKey },
    async secure({ certificate, ...options } = {}) {
      const shown = certificate === undefined ? {} : { cert: certificate.cert, key: certificate.key }
      const client = await mqtt.connectAsync(`mqtts://localhost:${door.tlsPort}`, {
        ...{ reconnectPeriod: 0, ca: readFileSync(authority.file), ...shown },
        ...options,
      })
      onTestFinished(() => void client.end(true))
      return client
    },
    refused: () =>
      connectBroker(door.socketPath)
        .status()
        .then((status) => status?.refused),
  }
}

const stranger = () => makeAuthority({ commonName: 'Somebody else' })

const closeOf = (client: MqttClient) => new Promise<void>((resolve) => client.once('close', () => resolve()))

describe.skipIf(missingProgram('openssl'))('MQTT over TLS', () => {
  test.each([
    ['its common name', {}],
    ['a DNS name', { commonName: 'Dinas Perhubungan', otherNames: 'DNS:bus-07' }],
    ['a URI', { commonName: 'Dinas Perhubungan', otherNames: 'URI:urn:device:bus-07' }],
  ])('a certificate signs the device in that is %s, without a password', async (_where, options) => {
    const door = await openSecureDoor()
    const client = await door.secure({ certificate: door.authority.issue('bus-07', options) })
    await client.publishAsync(`${bus}/telemetry`, '{"speed_kmh":1}', { qos: 1 })
    expect(await connectBroker(door.socketPath).signIns(undefined)).toMatchObject({
      signIns: [{ deviceId: 'bus-07', proof: 'certificate' }],
    })
  })

  test('its own user name beside the certificate is right, another one is not, nor is its topic', async () => {
    const door = await openSecureDoor()
    const otherKey = await door.register('bus-08', 'trans-binjai-bus')
    const certificate = door.authority.issue('bus-07')
    const client = await door.secure({ certificate, username: 'bus-07' })
    const other = { certificate, username: 'bus-08', password: otherKey }
    await expect(door.secure(other)).rejects.toThrow(/Not authorized/)
    expect(await door.refused()).toEqual({ 'certificate-other-device': 1 })
    const closed = closeOf(client)
    client.publish('binjai/v1/bus/bus-08/telemetry', '{"speed_kmh":1}', { qos: 1 })
    await closed
  })

  test('a client without a certificate uses its key', async () => {
    const door = await openSecureDoor()
    const client = await door.secure({ username: 'bus-07', password: door.deviceKey })
    await client.publishAsync(`${bus}/telemetry`, '{"speed_kmh":1}', { qos: 1 })
    await expect(door.secure({ username: 'bus-07', password: 'wrong' })).rejects.toThrow(/Bad username/)
    await expect(door.secure()).rejects.toThrow(/Bad username/)
  })

  test.each([
    ['of another authority', 'certificate-untrusted', () => stranger().issue('bus-07')],
    [
      'that has expired',
      'certificate-expired',
      (own: TestAuthority) => own.issue('bus-07', { fromDays: -9, toDays: -1 }),
    ],
    [
      'of next week',
      'certificate-not-yet-valid',
      (own: TestAuthority) => own.issue('bus-07', { fromDays: 1, toDays: 5 }),
    ],
    ['of a device that is not registered', 'certificate-unknown-device', (own: TestAuthority) => own.issue('bus-99')],
    [
      'that names two devices',
      'certificate-unknown-device',
      (own: TestAuthority) => own.issue('bus-07', { otherNames: 'DNS:bus-08' }),
    ],
    [
      'with a name that only looks like two',
      'certificate-unknown-device',
      (own: TestAuthority) => own.issue('nobody', { commonName: 'bus-99', otherNames: 'URI:urn:x' }),
    ],
  ])('a certificate %s is refused as %s', async (_what, reason, issue) => {
    const door = await openSecureDoor()
    await door.register('bus-08', 'trans-binjai-bus')
    await expect(door.secure({ certificate: issue(door.authority) })).rejects.toThrow(/Not authorized/)
    expect(await door.refused()).toEqual({ [reason]: 1 })
  })

  test('a certificate that only borrows the name of our authority is refused as certificate-untrusted', async () => {
    const door = await openSecureDoor()
    const { cert, key } = makeAuthority().issue('bus-07')
    const ca = readFileSync(door.authority.file)
    const socket = connectTls({ port: door.tlsPort ?? 0, host: 'localhost', ca, cert, key })
    socket.on('error', () => undefined)
    const packet = { cmd: 'connect', protocolId: 'MQTT', protocolVersion: 4, clean: true, keepalive: 60 } as const
    socket.write(generate({ ...packet, clientId: 'x', username: 'bus-07', password: Buffer.from(door.deviceKey) }))
    await new Promise((resolve) => socket.resume().once('close', resolve))
    expect(await door.refused()).toEqual({ 'certificate-untrusted': 1 })
    expect(await connectBroker(door.socketPath).status()).toMatchObject({ connected: 0 })
  })

  test('a certificate that is not good is refused even beside the right key', async () => {
    const door = await openSecureDoor()
    const certificate = stranger().issue('bus-07')
    const given = { certificate, username: 'bus-07', password: door.deviceKey }
    await expect(door.secure(given)).rejects.toThrow(/Not authorized/)
  })

  test('a certificate that names no device is no hindrance for its key', async () => {
    const door = await openSecureDoor()
    const certificate = door.authority.issue('fleet', { commonName: 'Armada Trans Binjai' })
    const client = await door.secure({ certificate, username: 'bus-07', password: door.deviceKey })
    expect(client.connected).toBe(true)
    await expect(door.secure({ certificate })).rejects.toThrow(/Bad username/)
  })

  test('where certificates are required a key alone is refused over TLS, and works elsewhere', async () => {
    const door = await openSecureDoor({ requireCertificate: true })
    const login = { username: 'bus-07', password: door.deviceKey }
    await expect(door.secure(login)).rejects.toThrow(/Not authorized/)
    expect(await door.refused()).toEqual({ 'certificate-missing': 1 })
    expect((await door.secure({ certificate: door.authority.issue('bus-07') })).connected).toBe(true)
    expect((await door.connect('bus-07', door.deviceKey)).connected).toBe(true)
  })

  test('a revocation cuts a certificate off within a second, for good: a new key does not bring it back', async () => {
    const door = await openSecureDoor()
    const certificate = door.authority.issue('bus-07')
    const closed = closeOf(await door.secure({ certificate }))
    const startedMs = performance.now()
    await door.registry.devices.revoke('bus-07')
    await closed
    expect(performance.now() - startedMs).toBeLessThan(1000)
    await expect(door.secure({ certificate })).rejects.toThrow(/Not authorized/)
    await expect(door.connect('bus-07', door.deviceKey)).rejects.toThrow(/Bad username/)
    const { key } = await door.registry.devices.newKey('bus-07')
    await expect(door.secure({ certificate })).rejects.toThrow(/Not authorized/)
    expect(await door.refused()).toMatchObject({ 'certificate-revoked': 2 })
    expect((await door.connect('bus-07', key)).connected).toBe(true)
    const later = door.authority.issue('bus-07', { fromDays: 2 / 86_400 })
    await expect
      .poll(
        () =>
          door.secure({ certificate: later }).then(
            () => true,
            () => false,
          ),
        { timeout: 5000, interval: 500 },
      )
      .toBe(true)
  })

  test('new files are used at once, and break no connection', async () => {
    const door = await openSecureDoor()
    const live = await door.secure({ username: 'bus-07', password: door.deviceKey })
    const serial = async () => {
      const socket: TLSSocket = connectTls({ port: door.tlsPort ?? 0, host: 'localhost', rejectUnauthorized: false })
      onTestFinished(() => void socket.destroy())
      await new Promise((resolve) => socket.once('secureConnect', resolve))
      return socket.getPeerCertificate().serialNumber
    }
    const before = await serial()
    for (let round = 0; round < 3; round += 1) {
      const next = door.authority.issue('server', localhost)
      door.install(next)
      await expect.poll(serial, { timeout: 3000 }).not.toBe(before)
      await live.publishAsync(`${bus}/telemetry`, `{"speed_kmh":${round}}`, { qos: 1 })
    }
    copyFileSync(stranger().file, door.paths.ca)
    const formerly = door.authority.issue('bus-07')
    await expect
      .poll(
        () =>
          door.secure({ certificate: formerly }).then(
            () => 'let in',
            ({ message }: Error) => message,
          ),
        {
          timeout: 3000,
        },
      )
      .toMatch(/Not authorized/)
    await live.publishAsync(`${bus}/telemetry`, '{"speed_kmh":9}', { qos: 1 })
    expect(live.connected).toBe(true)
  })

  test('TLS 1.1 is refused', async () => {
    const door = await openSecureDoor()
    const options = { maxVersion: 'TLSv1.1', minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' } as const
    await expect(door.secure({ ...options, username: 'bus-07', password: door.deviceKey })).rejects.toThrow()
    await expect.poll(() => door.refused()).toEqual({ 'tls-failed': 1 })
  })

  /** Connects again and again with one certificate: the CONNACK's return code, and whether the TLS session was taken up. */
  function visitor({ authority, tlsPort = 0 }: SecureDoor, { cert, key }: TestCertificate) {
    const packet = { cmd: 'connect', protocolId: 'MQTT', protocolVersion: 4, clean: true, keepalive: 60 } as const
    let session: Buffer | undefined
    return async (): Promise<[code: number | undefined, reused: boolean]> => {
      const ca = readFileSync(authority.file)
      const to = { port: tlsPort, host: 'localhost', servername: 'localhost' }
      const socket = connectTls({ ...to, ca, cert, key, ...(session !== undefined && { session }) })
      socket.on('error', () => undefined)
      socket.on('session', (ticket) => {
        session = ticket
      })
      socket.write(generate({ ...packet, clientId: 'x' }))
      const connack: Buffer = await new Promise((resolve) => socket.once('data', resolve))
      const reused = socket.isSessionReused()
      socket.destroy()
      return [connack[3], reused]
    }
  }

  test('a TLS session that is taken up again has the same certificate, until that is revoked', async () => {
    const door = await openSecureDoor()
    const visit = visitor(door, door.authority.issue('bus-07'))
    expect(await visit()).toEqual([0, false])
    expect(await visit()).toEqual([0, true])
    await door.registry.devices.revoke('bus-07')
    expect(await visit()).toEqual([5, true])
  })

  test('a TLS session that is taken up again ends with its certificate', async () => {
    const door = await openSecureDoor()
    const visit = visitor(door, door.authority.issue('bus-07', { toDays: 6 / 86_400 }))
    expect(await visit()).toEqual([0, false])
    await expect.poll(visit, { timeout: 12_000, interval: 500 }).toEqual([5, true])
    expect(await door.refused()).toEqual({ 'certificate-expired': 1 })
  })
})
