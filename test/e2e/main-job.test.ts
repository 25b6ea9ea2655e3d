import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { io, type Socket } from 'socket.io-client'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { QuarantineItem } from '../../contract/http/pipeline.ts'
import type { Readings } from '../../contract/http/readings.ts'
import type { Delta, Snapshot } from '../../contract/live.ts'
import { missingProgram } from '../support/influx/influx-process.ts'
import { type ApiClient, expectBalance, type System, startSystem } from '../support/system/system.ts'

const run = promisify(execFile)

/** Debian's mosquitto_pub: a client that nobody here wrote. */
function publish({ mqtt }: System, id: string, key: string, topic: string, message: string) {
  const who = ['-h', '127.0.0.1', '-p', String(mqtt), '-u', id, '-P', key]
  return run('mosquitto_pub', [...who, '-q', '1', '-t', topic, '-m', message])
}

function openWall({ http }: System, { cookie }: ApiClient): Promise<{ socket: Socket; deltas: Delta[] }> {
  const socket = io(`http://127.0.0.1:${http}/wall`, { extraHeaders: { cookie }, transports: ['websocket'] })
  onTestFinished(() => void socket.close())
  const deltas: Delta[] = []
  socket.on('delta', (delta: Delta) => deltas.push(delta))
  return new Promise((resolve, reject) => {
    socket.on('connect_error', reject)
    socket.once('snapshot', (_frame: Snapshot) => resolve({ socket, deltas }))
  })
}

describe.skipIf(missingProgram('mosquitto_pub'))('a device that nobody here wrote', () => {
  test('is in history and on the wall at once; what it may not do is refused, what is nonsense is kept', async () => {
    const system = await startSystem()
    const api = await system.login()
    const key = await system.addDevice('bus-07', 'trans-binjai-bus')
    await system.addDevice('bus-08', 'trans-binjai-bus')
    const { deltas } = await openWall(system, api)
    const topic = 'binjai/v1/bus/bus-07/telemetry'
    const ts = new Date().toISOString()

    await publish(system, 'bus-07', key, topic, JSON.stringify({ ts, lat: 3.6001, lon: 98.4854, speed_kmh: 31.5 }))
    const atOnce = { timeout: 5000, interval: 10 }
    await expect
      .poll(() => api.get<Readings>('/devices/bus-07/readings'), atOnce)
      .toMatchObject({
        engine: 'sqlite',
        metrics: { speed_kmh: [[Date.parse(ts), 31.5]] },
      })
    const changes = () => deltas.flatMap((delta) => delta.changes).filter(({ metrics }) => metrics !== undefined)
    await expect
      .poll(changes, atOnce)
      .toContainEqual(expect.objectContaining({ id: 'bus-07', metrics: { speed_kmh: 31.5 }, lat: 3.6001 }))

    await expect(publish(system, 'bus-07', 'wrong-key', topic, '{"speed_kmh":1}')).rejects.toThrow()
    await expect(publish(system, 'bus-07', key, 'binjai/v1/bus/bus-08/telemetry', '{"speed_kmh":1}')).rejects.toThrow()
    await publish(system, 'bus-07', key, topic, '{"speed_kmh": ?')
    const quarantine = () => api.get<{ items: QuarantineItem[] }>('/quarantine')
    await expect
      .poll(quarantine)
      .toMatchObject({ items: [{ reason: 'not-json', deviceId: 'bus-07', text: '{"speed_kmh": ?' }] })

    const pipeline = await api.pipeline()
    expect(pipeline).toMatchObject({ received: 2, stored: 1, duplicates: 0, rejected: { 'not-json': 1 }, waiting: 0 })
    expect(pipeline.broker.refused).toEqual({ 'bad-credentials': 1, 'foreign-topic': 1 })
    expectBalance(pipeline)
  })

  test('gets a second chance out of quarantine when the cause is mended', async () => {
    const system = await startSystem()
    const api = await system.login()
    const key = await system.addDevice('gauge-1', 'river-gauge')
    const topic = 'binjai/v1/sensor/gauge-1/telemetry'
    await publish(system, 'gauge-1', key, topic, '{"ts":"2020-01-01T00:00:00Z","water_level_m":1}')
    await publish(system, 'gauge-1', key, topic, '{"water_level_m":1.2,')
    const list = () => api.get<{ items: QuarantineItem[] }>('/quarantine').then(({ items }) => items)
    await expect.poll(list).toHaveLength(2)
    const [broken] = await list()
    const retried = await api.send('POST', `/quarantine/${broken?.id}/retry`)
    expect(await retried.json()).toEqual({ outcome: 'rejected', reason: 'not-json' })
    expectBalance(await api.pipeline())
    expect((await api.send('POST', '/quarantine/999999/retry')).status).toBe(404)
  })
})
