import { commandsOf } from '../contract/command.ts'
import { findProfile } from '../contract/profiles/index.ts'
import type { FleetDevice } from './fleet-device.ts'
import type { Random } from './random.ts'

/** What a device says became of a command. */
interface CommandAnswer {
  ok: boolean
  error?: string
}

export interface DeviceCommandsParts {
  device: Pick<FleetDevice, 'profile'>
  random: Random
  now: () => number
  /** Calls once at a moment. */
  at: (dueMs: number, action: () => void) => void
}

/** How long a simulated device takes. */
const [quickestMs, slowestMs] = [200, 2500]
/** Of commands that it knows. */
const failingShare = 0.1
/** Commands that a device remembers, so that it carries none out twice. */
const maxRemembered = 20

/**
 * The commands of a simulated device: most are done, some fail, and one that nobody taught it is refused. One that comes again
 * is carried out once and answered each time; one whose time is over is left.
 */
export function createDeviceCommands({ device, random, now, at }: DeviceCommandsParts) {
  const known = commandsOf(findProfile(device.profile))
  /** By the command's id. */
  const carriedOut = new Map<string, CommandAnswer>()

  function carryOut(id: string, name: string): CommandAnswer {
    const answer = carriedOut.get(id) ?? answerTo(name)
    carriedOut.delete(id)
    carriedOut.set(id, answer)
    const [oldest] = carriedOut.keys()
    if (carriedOut.size > maxRemembered && oldest !== undefined) carriedOut.delete(oldest)
    return answer
  }

  function answerTo(name: string): CommandAnswer {
    if (!Object.hasOwn(known, name)) return { ok: false, error: `unknown command ${name}` }
    return random() < failingShare ? { ok: false, error: 'simulated fault' } : { ok: true }
  }

  return {
    /** Answers the payload of a command after a while. */
    hear(payload: Uint8Array, answer: (result: string) => void): void {
      const command = parseCommand(payload)
      if (command === undefined || command.expiresMs <= now()) return
      const { id, name } = command
      at(now() + quickestMs + random() * (slowestMs - quickestMs), () => {
        answer(JSON.stringify({ id, ...carryOut(id, name) }))
      })
    },
  }
}

function parseCommand(payload: Uint8Array): { id: string; name: string; expiresMs: number } | undefined {
  try {
    const { id, name, expiresAt } = JSON.parse(Buffer.from(payload).toString())
    return { id: String(id), name: String(name), expiresMs: Date.parse(expiresAt) }
  } catch {
    return undefined
  }
}
