import mqtt, { type MqttClient } from 'mqtt'
import type { Random } from '../../../firmware-sim/random.ts'
import type { TestDevice } from '../../support/system/whole-system.ts'

export interface HeardCommand {
  id: string
  atMs: number
  expiresMs: number
}

/** A device as docs/commands.md wants it: it goes and comes, tells repeats by the id, and answers until it is acknowledged. */
export interface ObedientDevice {
  heard: HeardCommand[]
  /** Ids of which an answer was acknowledged, and what it said. */
  answered: Map<string, boolean>
  /** Connects again, with a session that is kept or with one that is not. */
  come(clean: boolean): void
  /** Without goodbye. */
  go(): void
  end(): Promise<void>
}

const longestAnswerMs = 400

export function createObedientDevice(port: number, { id, key, topic }: TestDevice, random: Random): ObedientDevice {
  const heard: HeardCommand[] = []
  const answered = new Map<string, boolean>()
  /** What it decided, and has not been acknowledged. */
  const owed = new Map<string, boolean>()
  let client: MqttClient | undefined

  function tell(command: string, ok: boolean): void {
    const payload = JSON.stringify({ id: command, ok })
    client?.publish(topic.replace('telemetry', 'command-result'), payload, { qos: 1 }, (error) => {
      if (error) return
      answered.set(command, ok)
      owed.delete(command)
    })
  }

  function obey(payload: Buffer): void {
    const { id: command, expiresAt } = JSON.parse(payload.toString())
    heard.push({ id: command, atMs: Date.now(), expiresMs: Date.parse(expiresAt) })
    const ok = owed.get(command) ?? answered.get(command) ?? random() < 0.8
    owed.set(command, ok)
    setTimeout(() => tell(command, ok), random() * longestAnswerMs)
  }

  return {
    heard,
    answered,
    come(clean) {
      client?.end(true)
      const login = { username: id, password: key, clientId: id, clean, protocolVersion: 4 as const }
      const opened = mqtt.connect(`mqtt://127.0.0.1:${port}`, { ...login, reconnectPeriod: 100, connectTimeout: 2000 })
      client = opened
      opened.on('error', () => undefined)
      opened.on('message', (_topic, payload) => obey(payload))
      opened.on('connect', () => {
        opened.subscribe(topic.replace('telemetry', 'command'), { qos: 1 })
        for (const [command, ok] of owed) tell(command, ok)
      })
    },
    go() {
      client?.end(true)
      client = undefined
    },
    async end() {
      await client?.endAsync(true)
    },
  }
}
