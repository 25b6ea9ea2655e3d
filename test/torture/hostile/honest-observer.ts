import type { Duplex } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect, publish } from '../../broker/conformance/bytes.ts'
import type { TestDevice } from '../../support/system/whole-system.ts'

export interface HonestFigures {
  /** Messages of the honest side that were acknowledged. */
  acknowledged: number
  /** Answers that took longer than a second. */
  hangs: number
  /** Times that an honest connection was ended. */
  breaks: number
  slowestMs: number
}

const everyMs = 50
const hangMs = 1000
const lostMs = 10_000

/** A device that sends a message of QoS 1, waits for its PUBACK, and sends the next a little later. */
export async function startHonest({ device, open }: { device: TestDevice; open: () => Promise<Duplex> }) {
  const figures: HonestFigures = { acknowledged: 0, hangs: 0, breaks: 0, slowestMs: 0 }
  let stopped = false

  async function answer(stream: Duplex): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>()
    const come = () => resolve(true)
    const gone = () => resolve(false)
    stream.once('data', come)
    stream.once('close', gone)
    const answered = await Promise.race([promise, sleep(lostMs, false, { ref: false })])
    stream.off('data', come)
    stream.off('close', gone)
    return answered
  }

  async function signIn(): Promise<Duplex> {
    const stream = await open()
    stream.write(connect({ clientId: device.id, userName: device.id, password: device.key }))
    await answer(stream)
    return stream
  }

  async function run(): Promise<void> {
    let stream = await signIn()
    for (let id = 1; !stopped; id = (id % 60_000) + 1) {
      const sentMs = performance.now()
      stream.write(publish(device.topic, { first: 0x32, id, payload: `{"ts":${Date.now()},"odometer_km":${id}}` }))
      const answered = await answer(stream)
      const tookMs = performance.now() - sentMs
      figures.slowestMs = Math.max(figures.slowestMs, tookMs)
      if (tookMs > hangMs) figures.hangs += 1
      if (answered) figures.acknowledged += 1
      else {
        figures.breaks += 1
        stream = await signIn()
      }
      await sleep(everyMs)
    }
    stream.destroy()
  }

  const running = run()
  return {
    async stop(): Promise<HonestFigures> {
      stopped = true
      await running
      return figures
    },
  }
}
