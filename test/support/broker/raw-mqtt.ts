import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'
import { connect as connectBytes, puback, publish } from '../../broker/conformance/bytes.ts'

/** A TCP connection of the test's own, closed when it has ended. */
export async function openSocket(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  onTestFinished(() => void socket.destroy())
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  return socket
}

/** Return code of the CONNACK; the socket is left as it is. */
export async function signIn(socket: Socket, id: string, key: string, clientId = id): Promise<number> {
  const answer = once(socket, 'data')
  socket.write(connectBytes({ clientId, userName: id, password: key }))
  const [bytes]: Buffer[] = await answer
  return bytes?.[3] ?? -1
}

export function busTopic(id: string, channel = 'telemetry'): string {
  return `binjai/v1/bus/${id}/${channel}`
}

/** Sends messages of QoS 1 all at once; resolves to the ms that it took until the last was acknowledged. */
export async function sendAll(socket: Socket, id: string, count: number, padding = 0): Promise<number> {
  const startedMs = performance.now()
  let missing = count * puback(1).length
  const done = new Promise<void>((resolve) => {
    socket.on('data', (bytes: Buffer) => {
      missing -= bytes.length
      if (missing <= 0) resolve()
    })
  })
  const messages = Array.from({ length: count }, (_none, index) =>
    publish(busTopic(id), {
      first: 0x32,
      id: index + 1,
      payload: `{"ts":${Date.now() - count + index},"speed_kmh":1}${' '.repeat(padding)}`,
    }),
  )
  socket.write(Buffer.concat(messages))
  await done
  return performance.now() - startedMs
}
