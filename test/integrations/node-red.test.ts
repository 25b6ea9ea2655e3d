import { once } from 'node:events'
import { createServer } from 'node:http'
import { expect, onTestFinished, test } from 'vitest'
import { openDoor } from '../support/broker/door.ts'
import { busTopic } from '../support/broker/raw-mqtt.ts'
import { makeToken } from '../support/broker/service.ts'
import { missingNodeRed, startNodeRed } from '../support/integrations/node-red.ts'
import { recipe } from '../support/integrations/recipe.ts'
import { tempDir } from '../support/system/temp-dir.ts'

interface Asked {
  method: string | undefined
  url: string | undefined
  authorization: string | undefined
  body: string
}

/** Takes commands in the place of the api. */
async function commandDoor() {
  const asked: Asked[] = []
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString()
    const { method, url, headers } = request
    asked.push({ method, url, authorization: headers.authorization, body })
    response.writeHead(202, { 'content-type': 'application/json' }).end('{"id":"1","state":"waiting"}')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const address = server.address()
  return { asked, port: typeof address === 'object' && address !== null ? address.port : 0 }
}

test.skipIf(missingNodeRed())(
  'the flow of docs/integrations.md shows the live state of a bus, and sends it a command',
  { timeout: 90_000 },
  async () => {
    const door = await openDoor()
    const bus = await door.connect('bus-07', await door.register('bus-07', 'trans-binjai-bus'))
    const token = await makeToken(door, 'node-red', ['binjai/v1/bus/bus-07/state'])
    const commands = await commandDoor()
    const nodeRed = await startNodeRed(tempDir())
    onTestFinished(nodeRed.stop)
    const flow = recipe('node-red')
      .replace('"port": "1883"', `"port": "${door.port}"`)
      .replace('127.0.0.1:8080', `127.0.0.1:${commands.port}`)
      .replace('BCC_OPERATOR_TOKEN', 'bcc_operator')
      .replace('BCC_TOKEN', token)
    await nodeRed.deploy(JSON.parse(flow))
    await bus.publishAsync(busTopic('bus-07'), '{"speed_kmh":31.5}', { qos: 1 })
    await expect.poll(nodeRed.output, { timeout: 20_000 }).toContain('online 31.5')
    await nodeRed.press('bcc-button')
    await expect
      .poll(() => commands.asked)
      .toEqual([
        {
          method: 'POST',
          url: '/api/v1/devices/bus-07/commands',
          authorization: 'Bearer bcc_operator',
          body: '{"name":"restart"}',
        },
      ])
  },
)
