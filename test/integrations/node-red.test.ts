import mqtt from 'mqtt'
import { expect, onTestFinished, test } from 'vitest'
import { missingNodeRed, startNodeRed } from '../support/integrations/node-red.ts'
import { recipe } from '../support/integrations/recipe.ts'
import { startSystem } from '../support/system/system.ts'
import { tempDir } from '../support/system/temp-dir.ts'

const topic = (channel: string) => `binjai/v1/bus/bus-07/${channel}`

test.skipIf(missingNodeRed())(
  'the flow of docs/integrations.md shows the live state of a bus, and sends it a command that it carries out',
  { timeout: 90_000 },
  async () => {
    const system = await startSystem()
    const key = await system.addDevice('bus-07', 'trans-binjai-bus')
    const tokenOf = async (...words: string[]) =>
      JSON.parse(await system.bcc('token', 'add', ...words, '--json')).token as string
    const listener = await tokenOf('node-red', '--role', 'service', '--filter', topic('state'))
    const operator = await tokenOf('node-red-commands', '--role', 'operator')
    const bus = await mqtt.connectAsync({ port: system.mqtt, username: 'bus-07', password: key })
    onTestFinished(() => bus.endAsync())
    const told: { id: string; name: string; args?: unknown }[] = []
    bus.on('message', (_topic, payload) => {
      const command = JSON.parse(payload.toString())
      told.push(command)
      bus.publish(topic('command-result'), JSON.stringify({ id: command.id, ok: true }), { qos: 1 })
    })
    await bus.subscribeAsync(topic('command'), { qos: 1 })

    const nodeRed = await startNodeRed(tempDir())
    onTestFinished(nodeRed.stop)
    const flow = recipe('node-red')
      .replace('"port": "1883"', `"port": "${system.mqtt}"`)
      .replace('127.0.0.1:8080', `127.0.0.1:${system.http}`)
      .replace('BCC_OPERATOR_TOKEN', operator)
      .replace('BCC_TOKEN', listener)
    await nodeRed.deploy(JSON.parse(flow))
    await bus.publishAsync(topic('telemetry'), '{"speed_kmh":31.5}', { qos: 1 })
    await expect.poll(nodeRed.output, { timeout: 20_000 }).toContain('online 31.5')

    await nodeRed.press('bcc-button')
    await expect
      .poll(() => told, { timeout: 10_000 })
      .toMatchObject([{ name: 'show-message', args: { text: 'Kembali ke pul' } }])
    const api = await system.login()
    await expect
      .poll(() => api.get('/devices/bus-07/commands'), { timeout: 5000 })
      .toMatchObject({ items: [{ state: 'done', createdBy: 'token:node-red-commands' }] })
  },
)
