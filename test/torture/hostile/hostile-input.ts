import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { connectBroker } from '../../../api/links/broker-link.ts'
import { registerBuses, startWholeSystem } from '../../support/system/whole-system.ts'
import { rounds, type Scenario } from '../scenario.ts'
import { fuzzBroker } from './fuzz-mqtt.ts'
import { throwPayloads } from './hostile-payloads.ts'

const fullPackets = 5_000_000
const fullPayloads = 1_000_000
const hostileDevices = 96

export const fuzzMqtt: Scenario = {
  name: 'fuzz-mqtt',
  promise: 'Whatever bytes come, the broker lives, its memory stays, and honest devices are answered within a second.',
  how: 'Packets that are right, wrong in one field, or damaged byte by byte, from 24 connections at once over TCP and WebSocket, most of them behind a CONNECT with a right key; two honest devices send a message every 50 ms beside them.',
  minutes: 3,
  quickScale: 0.004,
  async run({ seed, scale, dir, log }) {
    const name = (kind: string) => (_none: unknown, n: number) => `${kind}-${n}`
    const hostile = await registerBuses(dir, Array.from({ length: hostileDevices }, name('hostile')))
    const honest = await registerBuses(dir, Array.from({ length: 2 }, name('honest')))
    const system = await startWholeSystem({ dir })
    try {
      const pid = system.pid('broker')
      const order = {
        host: '127.0.0.1',
        port: system.mqtt,
        webSocketUrl: `ws://127.0.0.1:${system.http}/mqtt`,
        hostile,
        honest,
      }
      // Code is compiled and buffers are there before memory is looked at.
      await fuzzBroker({ ...order, seed: seed + 1, packets: rounds(fullPackets, scale) / 10 })
      const before = residentMb(pid)
      const result = await fuzzBroker({ ...order, seed, packets: rounds(fullPackets, scale), log })
      const grown = residentMb(pid) - before
      return [
        { what: 'packets sent', reached: result.packets, unit: '', asked: rounds(fullPackets, scale), better: 'more' },
        { what: 'connections', reached: result.connections, unit: '', better: 'more' },
        {
          what: 'deaths of the broker',
          reached: system.pid('broker') === pid ? 0 : 1,
          unit: '',
          asked: 0,
          better: 'less',
        },
        { what: 'answers to honest devices', reached: result.acknowledged, unit: '', asked: 1, better: 'more' },
        { what: 'answers that took over 1 s', reached: result.hangs, unit: '', asked: 0, better: 'less', timed: true },
        { what: 'slowest answer', reached: result.slowestMs, unit: 'ms', better: 'less' },
        { what: 'honest connections ended', reached: result.breaks, unit: '', asked: 0, better: 'less' },
        { what: 'memory of the broker grown by', reached: grown, unit: 'MB', asked: 50, better: 'less', timed: true },
        {
          what: 'connections counted at the end',
          reached: await connectedAtRest(dir),
          unit: '',
          asked: 0,
          better: 'less',
        },
      ]
    } finally {
      await system.stop()
    }
  },
}

export const hostilePayloads: Scenario = {
  name: 'hostile-payloads',
  promise:
    'Whatever a device calls a reading, nothing throws, no prototype is changed, and every reading is accounted for.',
  how: 'JSON of any depth, forged prototypes, numbers that are none, broken text, thousands of keys and damaged readings, through the parser and through the pipeline into a database.',
  minutes: 6,
  quickScale: 0.004,
  async run({ scale, random, dir, log }) {
    const figures = throwPayloads({ count: rounds(fullPayloads, scale), random, dir, log })
    return [
      { what: 'payloads', reached: figures.payloads, unit: '', asked: rounds(fullPayloads, scale), better: 'more' },
      { what: 'stored among them', reached: figures.stored, unit: '', asked: 1, better: 'more' },
      { what: 'thrown', reached: figures.thrown, unit: '', asked: 0, better: 'less' },
      { what: 'properties of prototypes added', reached: figures.polluted, unit: '', asked: 0, better: 'less' },
      { what: 'readings unaccounted for', reached: Math.abs(figures.imbalance), unit: '', asked: 0, better: 'less' },
      { what: 'slowest payload', reached: figures.slowestMs, unit: 'ms', better: 'less' },
    ]
  },
}

function residentMb(pid: number | undefined): number {
  const [, kb = '0'] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return Number(kb) / 1024
}

/** Connected devices, once nobody is any more. */
async function connectedAtRest(dir: string): Promise<number> {
  let connected = Number.NaN
  for (let tries = 0; tries < 100 && connected !== 0; tries += 1) {
    await sleep(100)
    connected = (await connectBroker(join(dir, 'run', 'broker.sock')).status())?.connected ?? Number.NaN
  }
  return connected
}
