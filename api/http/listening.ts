import { once } from 'node:events'
import type { Server } from 'node:http'
import { createServer, type ListenOptions, type Socket } from 'node:net'

/**
 * libuv accepts one connection of a listening socket in each turn of the event loop. Where they come faster than that, those
 * behind wait for all the work of those before them, however short their own is. So several sockets listen on one port, and
 * the kernel shares connections out among them (SO_REUSEPORT, https://man7.org/linux/man-pages/man7/socket.7.html).
 */
const maxListeners = 16
/** Connections that may wait to be accepted. */
const backlog = 4096

/**
 * Lets the server listen; returns its port. Rejects when the port cannot be had, also when a program of the same user has it
 * that would share it. Where the system shares no ports one socket listens.
 */
export async function listenShared(server: Server, { host, port }: { host: string; port: number }): Promise<number> {
  const free = await freePort({ host, port })
  const options = { host, port: free, backlog, reusePort: true }
  try {
    await listen(server, options)
  } catch (error) {
    if (!isUnsupported(error)) throw error
    await listen(server, { ...options, reusePort: false })
    return free
  }
  const beside = Array.from({ length: maxListeners - 1 }, () =>
    // As Node makes the sockets of an HTTP server.
    createServer({ allowHalfOpen: true, noDelay: true }, (socket: Socket) => void server.emit('connection', socket)),
  )
  server.once('close', () => {
    for (const one of beside) one.close()
  })
  for (const one of beside) {
    await listen(one, options)
    one.on('error', (error) => server.emit('error', error))
  }
  return free
}

/** Nobody else's, not even one that would be shared: who asks for it alone is refused while anybody has it. */
async function freePort(options: { host: string; port: number }): Promise<number> {
  const alone = createServer()
  await listen(alone, options)
  const address = alone.address()
  alone.close()
  await once(alone, 'close')
  return typeof address === 'object' && address !== null ? address.port : options.port
}

async function listen(server: Server | ReturnType<typeof createServer>, options: ListenOptions): Promise<void> {
  server.listen(options)
  // Rejects with the error where one comes first.
  await once(server, 'listening')
}

/** macOS and Windows do not know it (https://nodejs.org/api/net.html#serverlistenoptions-callback). */
function isUnsupported(error: unknown): boolean {
  return ['ENOTSUP', 'ENOPROTOOPT', 'ENOSYS'].includes(String(Object(error).code))
}
