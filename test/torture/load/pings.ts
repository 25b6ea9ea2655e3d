import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { connectFrame } from '../../bench/mqtt-frames.ts'
import type { TestDevice } from '../../support/system/whole-system.ts'

/** How long the two doors took to answer, asked again and again: from outside, that is how long their loops stood still. */
export interface Pings {
  /** Ends the asking; longest times since the start, ms. */
  stop(): Promise<{ mqttMs: number; httpMs: number }>
}

const everyMs = 20
const pingreq = Buffer.from([0xc0, 0])

/** PINGREQ on a connection of its own, and `GET /healthz`, one after the other. */
export async function startPings({
  mqtt,
  http,
  device,
}: {
  mqtt: number
  http: number
  device: TestDevice
}): Promise<Pings> {
  const socket = connect({ host: '127.0.0.1', port: mqtt, noDelay: true })
  socket.write(connectFrame(device))
  await once(socket, 'data')
  let running = true

  async function longest(ask: () => Promise<unknown>): Promise<number> {
    let longestMs = 0
    while (running) {
      const askedMs = performance.now()
      await ask()
      longestMs = Math.max(longestMs, performance.now() - askedMs)
      await sleep(everyMs)
    }
    return longestMs
  }

  const mqttMs = longest(async () => {
    socket.write(pingreq)
    await once(socket, 'data')
  })
  const httpMs = longest(async () => (await fetch(`http://127.0.0.1:${http}/healthz`)).text())
  return {
    async stop() {
      running = false
      const longestMs = { mqttMs: await mqttMs, httpMs: await httpMs }
      socket.destroy()
      return longestMs
    },
  }
}
