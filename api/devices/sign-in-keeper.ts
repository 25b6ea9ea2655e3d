import type { Logger } from 'pino'
import type { BrokerControl } from '../../contract/ports/control.ts'
import type { SignInsSeen } from '../../contract/ports/credentials.ts'
import type { Devices } from '../../storage/registry/devices/devices.ts'

export interface SignInKeeperParts {
  broker: Pick<BrokerControl, 'signIns'>
  devices: Pick<Devices, 'noteSignIns'>
  log: Logger
  everyMs?: number
}

const defaultEveryMs = 2000

/**
 * Fetches from the broker who signed in with what, and keeps it in the registry: the broker's event loop must not wait for
 * that disk. Returns a way to stop.
 */
export function keepSignIns({ broker, devices, log, everyMs = defaultEveryMs }: SignInKeeperParts): () => void {
  let seen: SignInsSeen | undefined
  let stopped = false
  let timer: NodeJS.Timeout | undefined

  /** @returns Whether there was anything. */
  async function step(): Promise<boolean> {
    const report = await broker.signIns(seen)
    if (report === undefined || stopped) return false
    if (report.signIns.length > 0) await devices.noteSignIns(report.signIns)
    seen = { boot: report.boot, upTo: report.upTo }
    return report.signIns.length > 0
  }

  async function turn(): Promise<void> {
    let more = false
    try {
      more = await step()
    } catch (error) {
      // The registry is locked for a moment, or being closed; nothing is lost, the broker tells it again.
      if (!stopped) log.warn({ err: error }, 'sign-ins could not be kept')
    }
    if (!stopped) timer = setTimeout(turn, more ? Math.min(100, everyMs) : everyMs).unref()
  }

  void turn()
  return () => {
    stopped = true
    clearTimeout(timer)
  }
}
