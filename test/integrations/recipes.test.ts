import { spawn } from 'node:child_process'
import { expect, onTestFinished, test } from 'vitest'
import { coversFilter } from '../../contract/topic-filter.ts'
import { type Door, openDoor } from '../support/broker/door.ts'
import { statusOf } from '../support/broker/door-facts.ts'
import { busTopic } from '../support/broker/raw-mqtt.ts'
import { makeToken, openService } from '../support/broker/service.ts'
import { missingProgram } from '../support/influx/influx-process.ts'
import { recipe } from '../support/integrations/recipe.ts'

const gauge = 'binjai/v1/sensor/sungai-01'

/** A river gauge that has measured, and what a service then heard of its state. */
async function measured(door: Door): Promise<{ topic: string; payload: Record<string, unknown> }> {
  const client = await door.connect('sungai-01', await door.register('sungai-01', 'river-gauge'))
  const service = await openService(door, ['binjai/v1/+/+/state'])
  await service.subscribe('binjai/v1/+/+/state')
  await client.publishAsync(`${gauge}/telemetry`, '{"water_level_m":1.25}', { qos: 1 })
  await expect.poll(() => service.heard.at(-1)?.text, { timeout: 10_000 }).toContain('water_level_m')
  const { topic = '', text = '' } = service.heard.at(-1) ?? {}
  return { topic, payload: JSON.parse(text) }
}

test.skipIf(missingProgram('mosquitto_sub'))(
  'the command of docs/integrations.md hears readings and states with the real mosquitto_sub',
  { timeout: 30_000 },
  async () => {
    const door = await openDoor()
    const bus = await door.connect('bus-07', await door.register('bus-07', 'trans-binjai-bus'))
    const token = await makeToken(door, 'kota-lain', ['binjai/v1/+/+/telemetry', 'binjai/v1/+/+/state'])
    const command = recipe('mosquitto_sub').replace('-p 1883', `-p ${door.port}`)
    const child = spawn('sh', ['-c', `exec ${command}`], { env: { ...process.env, BCC_TOKEN: token } })
    onTestFinished(() => void child.kill())
    let text = ''
    child.stdout.on('data', (bytes: Buffer) => {
      text += bytes.toString()
    })
    await expect.poll(async () => (await statusOf(door)).services.connections[0]?.subscriptions).toBe(2)
    const readings = Array.from({ length: 500 }, (_none, n) => `{"ts":${Date.now() - 500 + n},"speed_kmh":${n % 60}}`)
    for (const reading of readings) bus.publish(busTopic('bus-07'), reading, { qos: 1 })
    const heard = (channel: string) =>
      text
        .split('\n')
        .flatMap((line) => (line.startsWith(`${busTopic('bus-07', channel)} `) ? [line.split(' ')[1]] : []))
    await expect.poll(() => heard('telemetry').length).toBe(readings.length)
    expect(heard('telemetry')).toEqual(readings)
    await expect.poll(() => heard('state').at(-1)).toContain('"state":"online"')
  },
)

/** Keys and values of TOML as the recipe uses it: tables of arrays, strings, whole numbers, flags, arrays of strings. */
function parseToml(text: string): { table: string; key: string; value: unknown }[] {
  let table = ''
  return text.split('\n').flatMap((line, n) => {
    const given = line.trim()
    if (given === '' || given.startsWith('#')) return []
    const [, opened] = /^\[\[([\w.]+)\]\]$/.exec(given) ?? []
    if (opened !== undefined) {
      table = opened
      return []
    }
    const [, key, value] = /^(\w+) = (".*"|\d+|true|false|\[.*\])$/.exec(given) ?? []
    if (key === undefined || value === undefined) throw new Error(`line ${n + 1} is no TOML of the recipe: ${line}`)
    return [{ table, key, value: JSON.parse(value) }]
  })
}

test("Telegraf's configuration fits the messages that are sent", { timeout: 30_000 }, async () => {
  const rows = parseToml(recipe('telegraf'))
  const consumer = 'inputs.mqtt_consumer'
  const of = (table: string, key: string) => rows.find((row) => row.table === table && row.key === key)?.value
  const { topic, payload } = await measured(await openDoor())
  expect(of(consumer, 'data_format')).toBe('json_v2')
  const topics = of(consumer, 'topics')
  expect(topics).toEqual([of(`${consumer}.topic_parsing`, 'topic')])
  expect(coversFilter(String(Array.isArray(topics) ? topics[0] : ''), topic)).toBe(true)
  // A name for each level that is a tag.
  const names = String(of(`${consumer}.topic_parsing`, 'tags')).split('/')
  const tags = names.flatMap((name, n) => (name === '_' ? [] : [[name, topic.split('/')[n]]]))
  expect([names.length, tags]).toEqual([
    topic.split('/').length,
    [
      ['kind', 'sensor'],
      ['device', 'sungai-01'],
    ],
  ])
  const paths = rows.filter(({ key }) => key === 'path' || key === 'timestamp_path').map(({ value }) => String(value))
  expect(paths).toEqual(['ts', 'state', 'metrics'])
  for (const path of paths) expect(payload).toHaveProperty(path)
  // Go's layout of a time, as the message has it.
  expect(String(of(`${consumer}.json_v2`, 'timestamp_format'))).toBe('2006-01-02T15:04:05.000Z07:00')
  expect(payload.ts).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
})

test("Home Assistant's sensor fits the messages that are sent", { timeout: 30_000 }, async () => {
  const text = recipe('home-assistant')
  const { topic, payload } = await measured(await openDoor())
  const topics = [...text.matchAll(/_topic: (\S+)/g)].map(([, found]) => found)
  expect(topics).toEqual([topic, topic])
  const paths = [...text.matchAll(/value_json\.([\w.]+)/g)].map(([, path = '']) => path)
  expect(paths).toEqual(['metrics.water_level_m', 'state'])
  for (const path of paths) expect(payload).toHaveProperty(path)
  expect(payload).toMatchObject({ state: 'online', metrics: { water_level_m: 1.25 } })
  expect(text).toContain("value_json.state in ['online', 'late']")
})
