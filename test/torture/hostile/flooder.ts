import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { connectFrame } from '../../bench/mqtt-frames.ts'
import { quantiles } from '../../bench/table.ts'
import { registerBuses, startWholeSystem, type TestDevice } from '../../support/system/whole-system.ts'
import { type Publishers, startPublishers } from '../publishers.ts'
import { rounds, type Scenario, type TortureFigure } from '../scenario.ts'
import { lostOf, readStored, settled } from '../stored.ts'

const politeCount = 50
const politeRate = 2
const floodWindow = 1000
const fullS = 30

/** One device that sends whatever its line carries, beside fifty that keep their pace. */
export const flooder: Scenario = {
  name: 'flooder',
  promise: 'A device that sends as fast as its line allows delays no other, and loses nothing that was acknowledged.',
  how: '50 devices publish twice a second with QoS 1; beside them one floods with QoS 1 and 1,000 messages in flight, then one with QoS 0 without a pause, each for 30 s.',
  minutes: 1.5,
  quickScale: 0.05,
  async run({ dir, scale, log }) {
    const ids = Array.from({ length: politeCount }, (_, n) => `polite-${n}`)
    const polite = await registerBuses(dir, ids)
    const flooders = await registerBuses(dir, ['flood-1', 'flood-0'])
    const system = await startWholeSystem({ dir })
    const firstMs = Date.now() - 60_000
    const ms: Record<string, number[]> = { warming: [], alone: [], 'beside QoS 1': [], 'beside QoS 0': [] }
    let phase = 'warming'
    try {
      const load = startPublishers({
        port: system.mqtt,
        devices: polite,
        window: 20,
        ratePerS: politeRate,
        firstMs,
        onAck: (latencyMs) => ms[phase]?.push(latencyMs),
      })
      const heldS = Math.max(2, rounds(fullS, scale))
      const during = async (name: string) => {
        log(name)
        phase = name
        await sleep(heldS * 1000)
      }
      await during('warming')
      await during('alone')
      const [loud, silent] = flooders
      if (loud === undefined || silent === undefined) throw new Error('no flooder')
      const flood = startPublishers({ port: system.mqtt, devices: [loud], window: floodWindow, firstMs })
      await during('beside QoS 1')
      await flood.stop()
      const stopQos0 = floodQos0(system.mqtt, silent)
      await during('beside QoS 0')
      stopQos0()
      const breaks = load.breaks()
      await load.stop()
      await settled(dir)
      return figuresOf({ dir, load, breaks, flood, ms, heldS })
    } finally {
      await system.stop()
    }
  },
}

/** QoS 0 as fast as the socket takes it. */
function floodQos0(port: number, device: TestDevice): () => void {
  const socket: Socket = connect({ host: '127.0.0.1', port })
  const payload = '{"speed_kmh":31}'
  const topic = Buffer.from(device.topic)
  const body = Buffer.concat([Buffer.from([0, topic.length]), topic, Buffer.from(payload)])
  const frame = Buffer.concat([Buffer.from([0x30, body.length]), body])
  const chunk = Buffer.concat(Array.from({ length: 500 }, () => frame))
  const pump = () => {
    while (!socket.destroyed && socket.write(chunk));
  }
  socket.on('error', () => undefined)
  socket.on('drain', pump)
  socket.once('data', pump)
  socket.write(connectFrame(device))
  return () => socket.destroy()
}

interface Result {
  dir: string
  load: Publishers
  breaks: number
  flood: Publishers
  ms: Record<string, number[]>
  heldS: number
}

function figuresOf({ dir, load, breaks, flood, ms, heldS }: Result): TortureFigure[] {
  const stored = readStored(dir)
  const lost = (publishers: Publishers) => lostOf(publishers.acknowledged(), stored)
  const p99 = (name: string, asked?: number): TortureFigure => ({
    what: `PUBACK of the polite ${name}, p99`,
    reached: quantiles(ms[name] ?? []).p99,
    unit: 'ms',
    ...(asked === undefined ? {} : { asked }),
    better: 'less',
    timed: true,
  })
  return [
    p99('alone'),
    p99('beside QoS 1', 50),
    p99('beside QoS 0', 50),
    { what: 'acknowledged to the flooder', reached: flood.acknowledgedCount() / heldS, unit: '/s', better: 'more' },
    { what: 'acknowledged to the polite', reached: load.acknowledgedCount(), unit: '', better: 'more' },
    { what: 'of the polite, acknowledged and lost', reached: lost(load), unit: '', asked: 0, better: 'less' },
    { what: 'of the flooder, acknowledged and lost', reached: lost(flood), unit: '', asked: 0, better: 'less' },
    { what: 'connections of the polite that broke', reached: breaks, unit: '', asked: 0, better: 'less' },
  ]
}
