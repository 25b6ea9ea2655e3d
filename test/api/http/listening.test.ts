import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { connect } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { listenShared } from '../../../api/http/listening.ts'

const host = '127.0.0.1'

async function listening(port = 0): Promise<{ server: Server; port: number }> {
  const server = createServer((_request, response) => void response.end('here'))
  const chosen = await listenShared(server, { host, port })
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  return { server, port: chosen }
}

test('many connections are accepted in one turn of the event loop', async () => {
  const { server, port } = await listening()
  const connections = 160
  let turns = 0
  let accepted = 0
  const all = new Promise<void>((resolve) => {
    server.on('connection', () => {
      accepted += 1
      if (accepted === connections) resolve()
    })
  })
  const clients = Array.from({ length: connections }, () => connect(port, host))
  onTestFinished(() => {
    for (const client of clients) client.destroy()
  })
  const count = () => {
    turns += 1
    if (accepted < connections) setImmediate(count)
  }
  setImmediate(count)
  await all

  // One at a time would be as many turns as connections.
  expect(turns).toBeLessThan(connections / 2)
})

test('whichever socket accepts a request answers it', async () => {
  const { port } = await listening()

  const answers = await Promise.all(
    Array.from({ length: 64 }, async () => {
      const response = await fetch(`http://${host}:${port}/`, { headers: { Connection: 'close' } })
      return response.text()
    }),
  )

  expect(new Set(answers)).toEqual(new Set(['here']))
})

test('a port that another system of the same user shares is in use', async () => {
  const { port } = await listening()

  await expect(listening(port)).rejects.toMatchObject({ code: 'EADDRINUSE', port, address: host })
})

test('once it is closed nothing listens any more', async () => {
  const { server, port } = await listening()
  server.close()
  await once(server, 'close')

  const again = await listening(port)

  expect(again.port).toBe(port)
})
