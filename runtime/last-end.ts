/** How a process ended, as `exit` of Node's ChildProcess tells it. */
export interface ProcessEnd {
  code?: number | null | undefined
  signal?: string | null | undefined
}

/** In the environment of the process that comes after it. Not a setting: the supervisor writes it, and no person. */
const variable = 'PROCESS_BEFORE_ENDED'

/**
 * Signals that come from a person, the supervisor or the kernel for want of memory. SIGBUS is a disk without room under
 * a file that is mapped (https://sqlite.org/mmap.html). All others are sent by the process to itself: abort(), a fault of
 * its code, its own watchdog.
 */
const fromOutside = new Set(['SIGKILL', 'SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGBUS'])

/** What the next process is told. */
export function describeEnd({ code, signal }: ProcessEnd): Record<string, string> {
  if (typeof signal === 'string') return { [variable]: fromOutside.has(signal) ? 'from outside' : 'of itself' }
  return typeof code === 'number' ? { [variable]: 'of itself' } : {}
}

/** What this process was told; `undefined` where it is the first, or has no supervisor. */
export function endedOfItself(environment: Record<string, string | undefined>): boolean | undefined {
  const told = environment[variable]
  return told === undefined ? undefined : told === 'of itself'
}
