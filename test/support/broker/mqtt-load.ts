import mqtt from 'mqtt'
import { expect, onTestFinished } from 'vitest'

/** Most messages without an answer; about 2,000 messages a second. */
const window = 20
const everyMs = 10

/**
 * One device that publishes with QoS 1 as fast as it is acknowledged, and comes back whenever it is thrown out. Each
 * message has a moment of its own; those that were acknowledged are remembered by it.
 */
export function mqttLoad({ port, id, key, topic }: { port: number; id: string; key: string; topic: string }) {
  const client = mqtt.connect(`mqtt://127.0.0.1:${port}`, { username: id, password: key, reconnectPeriod: 100 })
  onTestFinished(() => void client.end(true))
  client.on('error', () => undefined)
  const acknowledged: number[] = []
  const firstMs = Date.now() - 3_600_000
  let sent = 0
  let inFlight = 0
  let stopped = false

  function publish(): void {
    if (stopped || !client.connected) return
    while (inFlight < window) {
      const ts = firstMs + sent
      sent += 1
      inFlight += 1
      client.publish(topic, JSON.stringify({ ts, odometer_km: sent / 10 }), { qos: 1 }, (error) => {
        inFlight -= 1
        if (!error) acknowledged.push(ts)
      })
    }
  }

  const timer = setInterval(publish, everyMs)
  onTestFinished(() => clearInterval(timer))
  return {
    acknowledged,
    /** No more messages; what is under way is waited for. Resolves to the moments that were acknowledged. */
    async stop(): Promise<number[]> {
      stopped = true
      await expect.poll(() => inFlight, { timeout: 10_000 }).toBe(0)
      await client.endAsync()
      return acknowledged
    },
  }
}
