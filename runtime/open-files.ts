import { readFileSync } from 'node:fs'

/** Files that the process keeps for itself: journal, registry, local sockets, logs. */
const ownFiles = 128

/** Connections that the system's limit of open files leaves room for; unbounded where it does not say. */
export function maxConnections(): number {
  try {
    const [, soft] = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? []
    return soft === undefined ? Number.POSITIVE_INFINITY : Math.max(16, Number(soft) - ownFiles)
  } catch {
    return Number.POSITIVE_INFINITY
  }
}
