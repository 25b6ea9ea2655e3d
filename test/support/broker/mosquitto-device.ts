import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { promisify } from 'node:util'
import { onTestFinished } from 'vitest'

const run = promisify(execFile)
const [subscriber, publisher] = ['mosquitto_sub', 'mosquitto_pub'] as const

export interface DeviceLogin {
  id: string
  key: string
  kind: string
  port: number
}

const base = ({ id, key, port }: DeviceLogin) => ['-h', '127.0.0.1', '-p', String(port), '-u', id, '-P', key]

/** A device that is `mosquitto_sub` and hears its commands; its session outlives it where it has a client id. */
export async function listenAsDevice(
  device: DeviceLogin,
  { qos = 1, clientId }: { qos?: 0 | 1; clientId?: string } = {},
) {
  const { id, kind } = device
  const kept = clientId === undefined ? [] : ['-i', clientId, '-c']
  const topic = ['-t', `binjai/v1/${kind}/${id}/command`, '-q', String(qos)]
  // `-d` tells when the subscription stands.
  const child = spawn(subscriber, [...base(device), ...topic, ...kept, '-d'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  let printed = ''
  child.stdout.on('data', (chunk: Buffer) => {
    printed += chunk.toString()
  })
  while (!printed.includes('SUBACK')) await once(child.stdout, 'data')
  return {
    /** Payloads in the order in which they came. */
    heard: () =>
      printed
        .split('\n')
        .filter((line) => line.startsWith('{'))
        .map((line) => JSON.parse(line) as { id: string; name: string; args?: unknown; expiresAt: string }),
    /** Stops reading, without an end of the connection. */
    freeze: () => child.kill('SIGSTOP'),
    goOn: () => child.kill('SIGCONT'),
    /** Goes without goodbye. */
    async kill() {
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
    },
  }
}

/**
 * `mosquitto_pub` with the key of the device says what became of a command. It is a second connection of the same device,
 * which ends the one that listens.
 */
export async function answerAsDevice(device: DeviceLogin, result: unknown): Promise<void> {
  const topic = `binjai/v1/${device.kind}/${device.id}/command-result`
  await run(publisher, [...base(device), '-t', topic, '-q', '1', '-m', JSON.stringify(result)])
}
