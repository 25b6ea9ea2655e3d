import { describe, expect, test } from 'vitest'
import { publishCommand } from '../../../../dashboard/core/kit/publish-command.ts'

const device = { id: 'r-1', kind: 'sensor', profile: 'river-gauge', key: 'secret' } as const
const mqtt = { port: 41883, tlsPort: 48883, topicRoot: 'kota/v2' }
const command = (host: string, broker: { open: boolean; mqtt: typeof mqtt | null } | undefined) =>
  publishCommand({ ...device, host, broker })

describe('the command that tries a key', () => {
  test('names the port and the topic that the server has', () => {
    const words = command('10.0.0.5', { open: true, mqtt })
    expect(words).toContain('-h 10.0.0.5 -p 41883 -i r-1')
    expect(words).toContain('-t kota/v2/sensor/r-1/telemetry')
    expect(words).not.toContain('tls')
  })

  test('goes over TLS where plain MQTT is for this machine only, and somebody else asks', () => {
    expect(command('wall.binjai.go.id', { open: false, mqtt })).toContain('-p 48883 --tls-use-os-certs')
    expect(command('localhost', { open: false, mqtt })).toContain('-p 41883')
    expect(command('[::1]', { open: false, mqtt })).toContain('-h ::1 -p 41883')
  })

  test('is none where devices come in is not known', () => {
    expect(command('10.0.0.5', undefined)).toBeUndefined()
    expect(command('10.0.0.5', { open: true, mqtt: null })).toBeUndefined()
  })
})
