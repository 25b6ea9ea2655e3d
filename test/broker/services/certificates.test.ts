import { readFileSync } from 'node:fs'
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt'
import { pino } from 'pino'
import { describe, expect, onTestFinished, test } from 'vitest'
import { openTlsFiles } from '../../../runtime/tls/tls-files.ts'
import { openDoor } from '../../support/broker/door.ts'
import { refusedAt } from '../../support/broker/door-facts.ts'
import { makeToken } from '../../support/broker/service.ts'
import { missingProgram } from '../../support/influx/influx-process.ts'
import type { IssueOptions } from '../../support/system/authority.ts'
import { localhost, makeAuthority } from '../../support/system/certificates.ts'

const all = 'binjai/v1/+/+/telemetry'

async function openSecure() {
  const authority = makeAuthority()
  const { certFile: cert, keyFile: key } = authority.issue('server', localhost)
  const source = openTlsFiles({ paths: { cert, key, ca: authority.file }, log: pino({ level: 'silent' }) })
  onTestFinished(source.close)
  const door = await openDoor({ ingest: false, tls: { source, requireCertificate: true } })
  await makeToken(door, 'kota-lain', [all])
  await door.register('kota-lain', 'trans-binjai-bus')
  async function connect(issue: IssueOptions, options: IClientOptions = {}): Promise<MqttClient> {
    const { cert: shown, key: secret } = authority.issue('client', issue)
    const client = await mqtt.connectAsync(`mqtts://localhost:${door.tlsPort}`, {
      ...{ reconnectPeriod: 0, ca: readFileSync(authority.file), cert: shown, key: secret },
      ...options,
    })
    onTestFinished(() => void client.end(true))
    return client
  }
  return { door, connect }
}

const named = { commonName: 'service:kota-lain' }

describe.skipIf(missingProgram('openssl'))('the certificate of a service', () => {
  test.each([
    ['its common name', named, {}],
    ['a URI', { commonName: 'Pemko Lain', otherNames: 'URI:service:kota-lain' }, {}],
    ['its common name, with its user name', named, { username: 'kota-lain' }],
  ])('stands for the token that is %s, until that is revoked', async (_where, issue, options) => {
    const { door, connect } = await openSecure()
    const client = await connect(issue, options)
    const [granted] = await client.subscribeAsync(all, { qos: 1 })
    expect(granted?.qos).toBe(1)
    await expect(client.subscribeAsync('binjai/v1/#')).rejects.toThrow()
    const closed = new Promise<void>((resolve) => client.once('close', () => resolve()))
    await door.registry.tokens.revoke('kota-lain')
    await closed
    await expect(connect(issue, options)).rejects.toThrow(/Not authorized/)
    expect(await refusedAt(door)).toMatchObject({ 'certificate-unknown-device': 1 })
  })

  test.each([
    ['with the user name of another', named, { username: 'bus-07' }, 'certificate-other-device'],
    ['of a service that is none', { commonName: 'service:lain' }, {}, 'certificate-unknown-device'],
    [
      'that names a device too',
      { commonName: 'service:kota-lain', otherNames: 'DNS:kota-lain' },
      {},
      'certificate-unknown-device',
    ],
  ])('lets nobody in %s', async (_what, issue, options, reason) => {
    const { door, connect } = await openSecure()
    await expect(connect(issue, options)).rejects.toThrow(/Not authorized/)
    expect(await refusedAt(door)).toEqual({ [reason]: 1 })
  })

  test('is none of the device of that name', async () => {
    const { connect } = await openSecure()
    const client = await connect({ commonName: 'Pemko Lain', otherNames: 'URI:service:kota-lain' })
    const closed = new Promise<void>((resolve) => client.once('close', () => resolve()))
    client.publish('binjai/v1/bus/kota-lain/telemetry', '{"speed_kmh":1}')
    await closed
  })
})
