import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { connectFrame } from './mqtt-frames.ts'
import type { BenchSystem, Memory } from './system.ts'

/** All devices connect in one moment; ms until the last has its CONNACK. */
export async function connectAll(system: BenchSystem): Promise<{ ms: number; close: () => void }> {
  const sockets: Socket[] = []
  const startedMs = performance.now()
  await Promise.all(
    system.devices.map(
      ({ id, key }) =>
        new Promise<void>((resolve, reject) => {
          const socket = connect({ host: '127.0.0.1', port: system.mqtt })
          sockets.push(socket)
          socket.once('error', reject)
          socket.once('data', (connack) => (connack[3] === 0 ? resolve() : reject(new Error(`${id} was refused`))))
          socket.write(connectFrame({ id, key, keepaliveS: 300 }))
        }),
    ),
  )
  return {
    ms: performance.now() - startedMs,
    close: () => {
      for (const socket of sockets) socket.destroy()
    },
  }
}

/** The same, and what they cost while idle. */
export async function connectStorm(system: BenchSystem): Promise<{ ms: number; memory: Memory; close: () => void }> {
  const storm = await connectAll(system)
  await sleep(3000)
  return { ...storm, memory: system.memory() }
}
