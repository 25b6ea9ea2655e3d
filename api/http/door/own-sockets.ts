import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import type { Logger } from 'pino'

/**
 * Owns every socket of the server from its first moment to its last. Whatever happens to one (a reset while it is refused,
 * upgraded, handed over or in its TLS handshake) ends that one and nothing else: others put listeners on and take them away
 * again, this one stays. Call it before the server listens.
 */
export function ownSockets(server: Server, log: Logger): { destroyAll(): void } {
  const sockets = new Set<Socket>()
  const own = (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
    socket.once('close', () => sockets.delete(socket))
  }
  server.on('connection', own)
  // Over TLS a second socket stands on the first.
  server.on('secureConnection', own)
  // Out of files, for example: that connection is lost, those that are open go on.
  server.on('error', (error) => log.error({ err: error }, 'a connection was not accepted'))
  return {
    destroyAll() {
      for (const socket of sockets) socket.destroy()
    },
  }
}
