import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { io } from 'socket.io-client'
import type { Delta } from '../../../contract/live.ts'
import { connectFrame, publishFrame } from '../../bench/mqtt-frames.ts'
import { login } from '../../bench/probe.ts'
import { type BenchSystem, startBenchSystem } from '../../bench/system.ts'
import type { TestDevice } from '../../support/system/whole-system.ts'
import { rounds, type Scenario } from '../scenario.ts'

const count = 20
const everyMs = 2000
const fullBreaks = 60
/** Four losses until it is known; each may be seen as one change to offline and one back. */
const maxChanges = 8

/** A loose aerial: the device sends, loses its line, comes back, thirty times a minute. */
export const flapping: Scenario = {
  name: 'flapping',
  promise: 'A device whose connection comes and goes is shown as one that flaps, not as one that dies and lives again.',
  how: '20 devices connect, publish and lose their connection every two seconds, for two minutes; a screen counts how often their state changes.',
  minutes: 2.2,
  quickScale: 0,
  async run({ scale, log }) {
    const system = await startBenchSystem(count)
    try {
      const times = rounds(fullBreaks, scale)
      const wall = await watchWall(system)
      for (let n = 0; n < times; n += 1) {
        log(`${n + 1} of ${times}`)
        const startedMs = performance.now()
        await Promise.all(system.devices.map((device) => comeAndGo(system.mqtt, device)))
        await sleep(Math.max(0, everyMs - (performance.now() - startedMs)))
      }
      await sleep(1500)
      wall.close()
      const changes = [...wall.changes.values()]
      const flap = system.devices.filter(({ id }) => wall.flapping.has(id)).length
      const most = Math.max(0, ...changes)
      return [
        { what: 'connections lost by each', reached: times, unit: '', better: 'more' },
        { what: 'devices shown as flapping', reached: flap, unit: '', asked: count, better: 'more' },
        {
          what: 'changes of state on the wall, most of one',
          reached: most,
          unit: '',
          asked: maxChanges,
          better: 'less',
        },
      ]
    } finally {
      await system.stop()
    }
  },
}

/** One reading, acknowledged, and the line is gone without a goodbye. */
async function comeAndGo(port: number, device: TestDevice): Promise<void> {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true })
  socket.write(connectFrame(device))
  await once(socket, 'data')
  socket.write(publishFrame(device.topic, 1, `{"ts":${Date.now()},"speed_kmh":30}`))
  await once(socket, 'data')
  await sleep(everyMs / 2)
  socket.resetAndDestroy()
}

async function watchWall({ http, password }: BenchSystem) {
  const cookie = await login(http, password)
  const socket = io(`http://127.0.0.1:${http}/wall`, { extraHeaders: { cookie }, transports: ['websocket'] })
  const changes = new Map<string, number>()
  const flapping = new Set<string>()
  await new Promise((resolve) => socket.once('snapshot', resolve))
  socket.on('delta', (frame: Delta, ack?: () => void) => {
    ack?.()
    for (const { id, state, flappingUntil } of frame.changes) {
      if (state !== undefined) changes.set(id, (changes.get(id) ?? 0) + 1)
      if (typeof flappingUntil === 'string') flapping.add(id)
    }
  })
  return { changes, flapping, close: () => socket.close() }
}
