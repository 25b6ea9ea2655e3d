import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { startFaultProxy } from './fault-proxy.ts'

/** Whether by an error or not. */
function ended(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once('close', () => resolve()))
}

/** A server that says back what it hears, behind a proxy, and one connection through it. */
async function openEcho() {
  const ends: string[] = []
  const sockets: Socket[] = []
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.push(socket)
    socket.on('error', () => undefined)
    socket.on('data', (chunk) => socket.write(chunk))
    socket.on('end', () => ends.push('end'))
    socket.on('close', () => ends.push('close'))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const proxy = await startFaultProxy(typeof address === 'object' && address !== null ? address.port : 0)
  const client = connect(proxy.port, '127.0.0.1')
  client.on('error', () => undefined)
  let heard = ''
  client.on('data', (chunk) => {
    heard += chunk.toString()
  })
  await once(client, 'connect')
  onTestFinished(async () => {
    client.destroy()
    for (const socket of sockets) socket.destroy()
    await proxy.close()
    server.close()
  })
  return { proxy, client, ends, heard: () => heard }
}

test('without a fault everything passes', async () => {
  const { client, heard, proxy } = await openEcho()
  client.write('hello')
  await expect.poll(heard).toBe('hello')
  expect(proxy.connections()).toBe(1)
})

test('stranded, a connection lets nothing through and does not end, while a new one is well', async () => {
  const { proxy, client, ends, heard } = await openEcho()
  proxy.strand()
  client.write('lost')
  const other = connect(proxy.port, '127.0.0.1')
  onTestFinished(() => void other.destroy())
  other.write('hello')
  const [answer] = await once(other, 'data')
  expect(String(answer)).toBe('hello')
  expect([heard(), ends]).toEqual(['', []])
})

test('frozen, nothing passes and nothing ends; thawed, all of it comes', async () => {
  const { proxy, client, ends, heard } = await openEcho()
  proxy.set({ frozen: true })
  client.write('one')
  await new Promise((resolve) => setTimeout(resolve, 100))
  expect([heard(), ends]).toEqual(['', []])
  proxy.set({})
  await expect.poll(heard).toBe('one')
})

test('a line of 64 kbit/s takes its time, late and lost packets keep their order', async () => {
  const { proxy, client, heard } = await openEcho()
  proxy.set({ bitsPerS: 64_000, delayMs: 5, jitterMs: 20, loss: 0.5, stallMs: 30 })
  const startedMs = performance.now()
  for (let n = 0; n < 10; n += 1) {
    client.write(String(n).repeat(200))
    await new Promise((resolve) => setImmediate(resolve))
  }
  await expect.poll(() => heard().length, { timeout: 5000 }).toBe(2000)
  expect(heard()).toBe(Array.from({ length: 10 }, (_, n) => String(n).repeat(200)).join(''))
  expect(performance.now() - startedMs).toBeGreaterThan(245)
})

test('half-closed, the other side sees the end and can still answer; reset ends both', async () => {
  const { proxy, ends, client } = await openEcho()
  proxy.halfClose()
  await expect.poll(() => ends).toEqual(['end'])
  const closed = ended(client)
  proxy.reset()
  await closed
  await expect.poll(() => proxy.connections()).toBe(0)
})

test('truncated in the middle, the rest never comes', async () => {
  const { proxy, client, heard } = await openEcho()
  proxy.truncateAfter(3)
  const closed = ended(client)
  client.write('hello')
  await closed
  expect('hel'.startsWith(heard())).toBe(true)
})

test('refusing, no new connection gets through', async () => {
  const { proxy } = await openEcho()
  proxy.set({ refusing: true })
  const late = connect(proxy.port, '127.0.0.1')
  late.on('error', () => undefined)
  await ended(late)
  expect(proxy.connections()).toBe(1)
})
