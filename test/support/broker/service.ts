import mqtt, { type IClientOptions, type IPublishPacket, type MqttClient } from 'mqtt'
import { onTestFinished } from 'vitest'
import type { Door } from './door.ts'

export interface HeardPacket {
  topic: string
  text: string
  qos: number
  retain: boolean
}

/** A service that is connected; `heard` grows. */
export interface TestService {
  name: string
  token: string
  client: MqttClient
  heard: HeardPacket[]
  /** Codes of the SUBACK, 128 where it was refused. */
  subscribe(filters: string | string[], qos?: 0 | 1 | 2): Promise<number[]>
}

export async function makeToken({ registry }: Pick<Door, 'registry'>, name: string, filters: string[], days?: number) {
  return (await registry.tokens.create({ name, role: 'service', filters, days })).token
}

export async function connectService(
  { port }: Pick<Door, 'port'>,
  { name, token, ...options }: { name: string; token: string } & IClientOptions,
): Promise<TestService> {
  const url = `mqtt://127.0.0.1:${port}`
  const client = await mqtt.connectAsync(url, { username: name, password: token, reconnectPeriod: 0, ...options })
  onTestFinished(() => void client.end(true))
  const heard: HeardPacket[] = []
  client.on('error', () => undefined)
  client.on('message', (topic: string, payload: Buffer, { qos, retain }: IPublishPacket) => {
    heard.push({ topic, text: payload.toString(), qos, retain })
  })
  return {
    name,
    token,
    client,
    heard,
    async subscribe(filters, qos = 1) {
      const packet = await new Promise<number[]>((resolve, reject) => {
        client.subscribe(filters, { qos }, (error, grants, suback) => {
          const codes = suback?.granted ?? grants?.map((grant) => grant.qos)
          if (codes === undefined) reject(error ?? new Error('no SUBACK'))
          else resolve(codes as number[])
        })
      })
      return packet
    },
  }
}

/** A service with a token of its own. */
export async function openService(door: Door, filters: string[], name = 'kota-lain'): Promise<TestService> {
  return connectService(door, { name, token: await makeToken(door, name, filters) })
}
