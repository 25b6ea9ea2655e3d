import { setTimeout as sleep } from 'node:timers/promises'
import mqtt from 'mqtt'
import { io } from 'socket.io-client'
import type { Delta } from '../../contract/live.ts'
import type { BenchSystem } from './system.ts'
import { type Quantiles, quantiles } from './table.ts'

export interface Probe {
  stop(): Promise<{ queryable: Quantiles; socket: Quantiles }>
}

const everyMs = 50

/**
 * One more device beside the load: each of its readings carries a number, whose arrival in the store and in a wall's
 * delta is timed. The clock is one: everything runs on this machine. It publishes for `seconds`: to be over before the
 * load is, whose connections all break at its end, which is another figure (storm.ts).
 */
export async function startProbe(
  { mqtt: port, http, probe, password, reader }: Pick<BenchSystem, 'mqtt' | 'http' | 'probe' | 'password' | 'reader'>,
  { warmUpS, seconds }: { warmUpS: number; seconds: number },
): Promise<Probe> {
  const cookie = await login(http, password)
  const socket = io(`http://127.0.0.1:${http}/wall`, { extraHeaders: { cookie }, transports: ['websocket'] })
  const sentAt = new Map<number, number>()
  const countFromMs = performance.now() + warmUpS * 1000
  const publishUntilMs = performance.now() + seconds * 1000
  const toSocket: number[] = []
  const toStore: number[] = []
  let seenTo = 0
  let seenAtMs = Date.now()
  await new Promise((resolve) => socket.once('snapshot', resolve))
  socket.on('delta', ({ changes }: Delta, ack?: () => void) => {
    ack?.()
    const number = changes.find(({ id }) => id === probe.id)?.metrics?.odometer_km
    const started = typeof number === 'number' ? sentAt.get(number) : undefined
    if (started !== undefined && started > countFromMs) toSocket.push(performance.now() - started)
  })

  const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, { username: probe.id, password: probe.key })
  let running = true
  let number = Math.floor(Date.now() / 1000) % 1_000_000

  async function publish(): Promise<void> {
    while (running && performance.now() < publishUntilMs) {
      number += 1
      sentAt.set(number, performance.now())
      client.publish(probe.topic, JSON.stringify({ ts: Date.now(), odometer_km: number }), { qos: 1 })
      await sleep(everyMs * (0.5 + Math.random()))
    }
  }

  function arrived(atMs: number, value: number): void {
    seenAtMs = Math.max(seenAtMs, atMs)
    const started = value > seenTo ? sentAt.get(value) : undefined
    if (started === undefined) return
    seenTo = value
    if (started > countFromMs) toStore.push(performance.now() - started)
  }

  async function query(): Promise<void> {
    const { id: deviceId } = probe
    while (running) {
      // Only behind what it has seen: a look back over seconds would cost more than all that is measured.
      const range = { deviceId, profile: 'trans-binjai-bus', fromMs: seenAtMs + 1, toMs: Date.now() + 1000, limit: 500 }
      const { metrics } = await reader.range(range)
      for (const [atMs, value] of Object.values(metrics).flat()) arrived(atMs, value)
      await sleep(5)
    }
  }

  const work = Promise.all([publish(), query()])
  return {
    async stop() {
      await sleep(500)
      running = false
      await work
      await client.endAsync()
      socket.close()
      return { queryable: quantiles(toStore), socket: quantiles(toSocket) }
    },
  }
}

/** The cookie of the first admin's session. */
export async function login(http: number, password: string): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${http}/api/v1/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username: 'admin', password }),
  })
  return response.headers.get('set-cookie')?.split(';')[0] ?? ''
}
