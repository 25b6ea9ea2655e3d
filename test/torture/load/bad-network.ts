import { readFileSync } from 'node:fs'
import { type IncomingMessage, request } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { connectFrame } from '../../bench/mqtt-frames.ts'
import { startFaultProxy } from '../../support/broker/fault-proxy.ts'
import {
  registerBuses,
  startWholeSystem,
  type TestDevice,
  type WholeSystem,
} from '../../support/system/whole-system.ts'
import { startPublishers } from '../publishers.ts'
import type { Scenario, TortureFigure, Trial } from '../scenario.ts'
import { earlierTodayMs, imbalanceOf, lostOf, readStored, settled } from '../stored.ts'

const buses = 20
const keepaliveS = 4
const fullUplinkS = 60

async function connectedNow({ dir }: WholeSystem): Promise<number> {
  const socketPath = join(dir, 'run', 'broker.sock')
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    request({ socketPath, path: '/status' }, resolve).once('error', reject).end()
  })
  let text = ''
  for await (const chunk of response) text += String(chunk)
  return Number(JSON.parse(text).connected)
}

const established = '01'
const closeWait = '08'

/** TCP sockets that somebody holds on this local port (proc(5), /proc/net/tcp). */
function socketsAt(port: number): number {
  const hex = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  const rows = readFileSync('/proc/net/tcp', 'utf8').split('\n').slice(1)
  return rows.filter((row) => {
    const [, local = '', , state = ''] = row.trim().split(/\s+/)
    return local.endsWith(hex) && [established, closeWait].includes(state)
  }).length
}

/** The line goes dead: no FIN, no RST, as when a modem loses its power. */
async function halfOpen(system: WholeSystem, devices: readonly TestDevice[]): Promise<TortureFigure[]> {
  const proxy = await startFaultProxy(system.mqtt)
  const sockets = devices.map((device) => {
    const socket = connect(proxy.port, '127.0.0.1').on('error', () => undefined)
    socket.write(connectFrame({ ...device, keepaliveS }))
    return socket
  })
  while ((await connectedNow(system)) < devices.length) await sleep(20)
  proxy.set({ frozen: true })
  const deadMs = performance.now()
  while ((await connectedNow(system)) > 0 && performance.now() - deadMs < 60_000) await sleep(20)
  const reached = performance.now() - deadMs
  await sleep(500)
  const leaked = socketsAt(system.mqtt)
  for (const socket of sockets) socket.destroy()
  await proxy.close()
  return [
    {
      what: `${devices.length} half-open connections with a keepalive of ${keepaliveS} s are all noticed`,
      reached,
      unit: 'ms',
      asked: (keepaliveS * 1.5 + 1) * 1000,
      better: 'less',
      timed: true,
    },
    { what: 'sockets leaked by them', reached: leaked, unit: '', asked: 0, better: 'less' },
  ]
}

/** Twenty buses behind one modem in a blank spot. */
async function thinUplink(system: WholeSystem, devices: readonly TestDevice[], trial: Trial): Promise<TortureFigure[]> {
  const proxy = await startFaultProxy(system.mqtt, trial.random)
  proxy.set({ bitsPerS: 64_000, delayMs: 150, jitterMs: 200, loss: 0.05, stallMs: 1000, resets: 0.002 })
  const firstMs = earlierTodayMs()
  const load = startPublishers({ port: proxy.port, devices, window: 10, ratePerS: 1, firstMs })
  await sleep(Math.max(4, fullUplinkS * trial.scale) * 1000)
  await load.stop()
  await proxy.close()
  const counters = await settled(system.dir)
  const stored = readStored(system.dir)
  const none = { unit: '', asked: 0, better: 'less' } as const
  const sent = load.acknowledgedCount()
  return [
    { what: 'readings over a 64 kbit/s uplink that loses 5 %', reached: sent, unit: '', better: 'more' },
    { what: 'connections reset meanwhile', reached: load.breaks(), unit: '', better: 'less' },
    { what: 'of them not stored', reached: lostOf(load.acknowledged(), stored), ...none },
    { what: 'of them stored twice', reached: Math.abs(stored.rowCount - counters.stored), ...none },
    { what: 'readings that the counters miss', reached: imbalanceOf(counters), ...none },
  ]
}

export const badNetwork: Scenario = {
  name: 'bad-network',
  promise: 'A line that dies is noticed, a line that is thin and lossy loses nothing.',
  how: 'A TCP proxy of the tests freezes 20 connections without ending them; then 20 buses share an uplink of 64 kbit/s with 150 to 350 ms delay, where 5 % of the packets come a second late and connections are reset.',
  minutes: 1.5,
  quickScale: 0.05,
  async run(trial) {
    const { dir, log } = trial
    const devices = await registerBuses(
      dir,
      Array.from({ length: buses }, (_, n) => `bus-${n}`),
    )
    const system = await startWholeSystem({ dir })
    try {
      log('half-open connections')
      const dead = await halfOpen(system, devices)
      log('a thin, lossy uplink')
      return [...dead, ...(await thinUplink(system, devices, trial))]
    } finally {
      await system.stop()
    }
  },
}
