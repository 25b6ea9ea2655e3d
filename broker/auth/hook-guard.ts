import type { AuthenticateError } from 'aedes'
import type { Logger } from 'pino'
import type { Refusals } from '../inbound/refusals.ts'

/** Of every hook: a CONNECT is answered with the return code, the others need only know that it is an error. */
type Done = (error: AuthenticateError, ok: never) => void

/** CONNACK return code 3 (table 3.1). */
const serverUnavailable = 3

/** Runs hooks and listeners that Aedes calls: a throw inside one would end the process, so it means no instead. */
export interface HookGuard {
  /** For hooks that answer by calling back. */
  hook(done: Done, work: () => void): void
  /** For what has nobody to answer; `otherwise` is the safe outcome. */
  safely<T>(otherwise: T, work: () => T): T
}

export function createHookGuard({ refusals, log }: { refusals: Refusals; log: Logger }): HookGuard {
  function failed(error: unknown): AuthenticateError {
    refusals.count('hook-failed')
    log.error({ err: error }, 'a hook of the broker failed; refused')
    return Object.assign(new Error('a hook failed', { cause: error }), { returnCode: serverUnavailable } as const)
  }
  return {
    hook(done, work) {
      try {
        work()
      } catch (error) {
        // `false` and `null` both mean no; each hook's callback takes one of them.
        done(failed(error), null as never)
      }
    },
    safely(otherwise, work) {
      try {
        return work()
      } catch (error) {
        failed(error)
        return otherwise
      }
    },
  }
}
