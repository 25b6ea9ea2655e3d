import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { openRegistry } from '../../../storage/registry/registry.ts'
import { connectFrame } from '../../bench/mqtt-frames.ts'
import { quantiles } from '../../bench/table.ts'
import { registerBuses, startWholeSystem } from '../../support/system/whole-system.ts'
import { rounds, type Scenario } from '../scenario.ts'

const fullRounds = 300

/** Devices are revoked one after the other, by another process than the broker, as the api and the command line do. */
export const revocation: Scenario = {
  name: 'revocation',
  promise: 'A revoked device is cut off within a second, and does not come back.',
  how: 'Connected devices are revoked one by one while the others stay; the time from the committed revocation to the end of the socket is taken, then the same key is tried again.',
  minutes: 2,
  quickScale: 0.02,
  async run({ dir, scale, log }) {
    const count = rounds(fullRounds, scale)
    const devices = await registerBuses(
      dir,
      Array.from({ length: count }, (_, n) => `revoked-${n}`),
    )
    const system = await startWholeSystem({ dir })
    const registry = await openRegistry({ file: join(dir, 'registry.db'), pepper: readFileSync(join(dir, 'secret')) })
    const tookMs: number[] = []
    let cameBack = 0
    try {
      const sockets = await Promise.all(devices.map((device) => signIn(system.mqtt, device)))
      for (const [index, device] of devices.entries()) {
        log(`${index} of ${count}`)
        const socket = sockets[index]?.socket
        if (socket === undefined) throw new Error('a device without a socket')
        const closed = once(socket, 'close')
        await registry.devices.revoke(device.id)
        const committedMs = performance.now()
        await closed
        tookMs.push(performance.now() - committedMs)
        const again = await signIn(system.mqtt, device)
        if (again.code === 0) cameBack += 1
        again.socket.destroy()
      }
    } finally {
      await registry.close()
      await system.stop()
    }
    const { p50, p99 } = quantiles(tookMs)
    return [
      { what: `revocation to the end of the socket, p50 of ${count}`, reached: p50, unit: 'ms', better: 'less' },
      {
        what: 'revocation to the end of the socket, p99',
        reached: p99,
        unit: 'ms',
        asked: 1000,
        better: 'less',
        timed: true,
      },
      { what: 'revoked devices that came back', reached: cameBack, unit: '', asked: 0, better: 'less' },
    ]
  },
}

/** A connection and the return code of its CONNACK. */
async function signIn(
  port: number,
  device: { id: string; key: string },
): Promise<{ socket: Socket; code: number | undefined }> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => undefined)
  socket.write(connectFrame(device))
  const [connack] = (await once(socket, 'data')) as [Buffer]
  return { socket, code: connack[3] }
}
