import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ConfigError, environmentExample, readConfig, shownSettings } from '../../runtime/config.ts'
import { tempDir } from '../support/system/temp-dir.ts'

function faults(environment: Record<string, string>): readonly string[] {
  try {
    readConfig(environment)
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.sentences
    throw error
  }
}

describe('settings', () => {
  test('nothing has to be set', () => {
    const config = readConfig({})
    expect(config.settings).toMatchObject({
      BCC_HTTP_PORT: 8080,
      BCC_HTTP_HOST: '127.0.0.1',
      BCC_MQTT_PORT: 1883,
      BCC_MQTT_HOST: '127.0.0.1',
      BCC_TOPIC_ROOT: 'binjai/v1',
      BCC_TIMEZONE: 'Asia/Jakarta',
    })
    expect(config.tls).toBeUndefined()
    expect(config.influx).toBeUndefined()
  })

  test('an empty one is none, and what is not ours is left alone', () => {
    expect(readConfig({ BCC_MQTT_PORT: '', PATH: '/bin', HOME: '/root' }).settings.BCC_MQTT_PORT).toBe(1883)
  })

  test.each([
    [{ BCC_MQTT_PORT: 'many' }, 'BCC_MQTT_PORT'],
    [{ BCC_HTTP_PORT: '-1' }, 'BCC_HTTP_PORT'],
    [{ BCC_MQTTS_PORT: '1.5' }, 'BCC_MQTTS_PORT'],
    [{ BCC_TOPIC_ROOT: 'Binjai/+' }, 'BCC_TOPIC_ROOT'],
    [{ BCC_TIMEZONE: 'Medan' }, 'BCC_TIMEZONE'],
    [{ BCC_ADMIN_PASSWORD: 'short' }, 'BCC_ADMIN_PASSWORD'],
    [{ BCC_TELEMETRY: 'mysql' }, 'BCC_TELEMETRY'],
    [{ BCC_TELEMETRY: 'influx1' }, 'BCC_INFLUX_URL'],
    [{ BCC_INFLUX_URL: 'ftp://x' }, 'BCC_INFLUX_URL'],
    [{ BCC_TLS_CERT: '/nothing/here' }, 'BCC_TLS_CERT'],
    [{ BCC_TLS_CA: '/dev/null' }, 'BCC_TLS_CERT'],
    [{ BCC_TLS_CLIENT_CERT: 'required' }, 'BCC_TLS_CA'],
    [{ BCC_TLS_CLIENT_CERT: 'maybe' }, 'BCC_TLS_CLIENT_CERT'],
    [{ BCC_KEY_OVERLAP_DAYS: '-1' }, 'BCC_KEY_OVERLAP_DAYS'],
    [{ BCC_ALLOW_SIMULATED: 'perhaps' }, 'BCC_ALLOW_SIMULATED'],
    [{ BCC_JOURNAL_QUOTA_MB: '1' }, 'BCC_JOURNAL_QUOTA_MB'],
    [{ BCC_LOG_LEVEL: 'loud' }, 'BCC_LOG_LEVEL'],
    [{ BCC_MQQT_PORT: '1883' }, 'BCC_MQQT_PORT'],
  ])('%j is refused by its name, in a sentence', (environment, name) => {
    const sentences = faults(environment)
    expect(sentences).toContainEqual(expect.stringMatching(new RegExp(`^${name} .+\\.$`)))
  })

  test('the address of InfluxDB alone turns it on, and sqlite turns it off', () => {
    const address = { BCC_INFLUX_URL: 'http://tok%2Fen@db.example:8086/influx/' }
    const login = { user: 'tok/en', password: undefined, token: 'tok/en' }
    expect(readConfig(address).influx).toEqual({ url: 'http://db.example:8086/influx', ...login })
    expect(readConfig({ ...address, BCC_TELEMETRY: 'sqlite' }).influx).toBeUndefined()
  })

  test('all faults are told at once', () => {
    const sentences = faults({ BCC_MQTT_PORT: 'x', BCC_TELEMETRY: 'influx2', BCC_TLS_KEY: '/nothing', BCC_X: '1' })
    const names = sentences.map((sentence) => sentence.split(' ')[0])
    expect(new Set(names)).toEqual(
      new Set(['BCC_MQTT_PORT', 'BCC_INFLUX_URL', 'BCC_INFLUX_TOKEN', 'BCC_TLS_CERT', 'BCC_TLS_KEY', 'BCC_X']),
    )
  })

  test('with a certificate HTTP is open to the network, unless an address is set', () => {
    const file = join(tempDir(), 'any.pem')
    writeFileSync(file, 'PEM')
    const secure = { BCC_TLS_CERT: file, BCC_TLS_KEY: file }
    expect(readConfig(secure).settings.BCC_HTTP_HOST).toBe('0.0.0.0')
    expect(readConfig({ ...secure, BCC_HTTP_HOST: '127.0.0.1' }).settings.BCC_HTTP_HOST).toBe('127.0.0.1')
    expect(readConfig(secure).tls).toEqual({ cert: file, key: file, ca: undefined })
  })

  test('what is shown of them holds no secret', () => {
    const secrets = {
      BCC_ADMIN_PASSWORD: 'planted-admin-1',
      BCC_INFLUX_PASSWORD: 'planted-influx-2',
      BCC_INFLUX_TOKEN: 'planted-token-3',
      BCC_INFLUX_URL: 'http://writer:planted-login-4@127.0.0.1:8086/planted',
    }
    const { settings } = readConfig({ ...secrets, BCC_TELEMETRY: 'influx1', BCC_MQTT_HOST: '0.0.0.0' })
    expect(shownSettings(settings)).toEqual({
      ...{ BCC_ADMIN_PASSWORD: 'set', BCC_INFLUX_PASSWORD: 'set', BCC_INFLUX_TOKEN: 'set' },
      ...{ BCC_INFLUX_URL: 'http://127.0.0.1:8086/planted', BCC_TELEMETRY: 'influx1', BCC_MQTT_HOST: '0.0.0.0' },
    })
    // One that is added is secret by its name, or nothing of it is.
    const named = Object.keys(readConfig({}).settings).concat(Object.keys(secrets))
    expect(named.filter((name) => /KEY$|PASSWORD|TOKEN|SECRET/.test(name)).toSorted()).toEqual(
      ['BCC_ADMIN_PASSWORD', 'BCC_INFLUX_PASSWORD', 'BCC_INFLUX_TOKEN'].toSorted(),
    )
  })

  test('a local socket has a path that every system takes, also in a deep folder', () => {
    const dir = `/var/lib/${'deep/'.repeat(30)}data`
    const path = readConfig({ BCC_DATA_DIR: dir }).socketPath('broker')
    expect(path.length).toBeLessThanOrEqual(103)
    expect(path).not.toBe(readConfig({ BCC_DATA_DIR: `${dir}2` }).socketPath('broker'))
  })

  test('.env.example is what the settings say', () => {
    expect(readFileSync('.env.example', 'utf8')).toBe(environmentExample())
  })
})
