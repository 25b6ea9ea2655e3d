import { existsSync, readdirSync, readFileSync } from 'node:fs'

/** Resident memory of a process, MB. */
export function rssMb(pid: number | undefined): number {
  const status = `/proc/${pid}/status`
  if (pid === undefined || !existsSync(status)) return 0
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(status, 'utf8'))?.[1] ?? 0) / 1024
}

/** Files and sockets that a process has open. */
export function openHandles(pid: number | undefined): number {
  const folder = `/proc/${pid}/fd`
  return pid === undefined || !existsSync(folder) ? 0 : readdirSync(folder).length
}

/** Slope of a straight line through equally spaced values, per step (least squares). */
export function slope(values: readonly number[]): number {
  const meanX = (values.length - 1) / 2
  const meanY = values.reduce((sum, value) => sum + value, 0) / values.length
  let above = 0
  let below = 0
  for (const [x, y] of values.entries()) {
    above += (x - meanX) * (y - meanY)
    below += (x - meanX) ** 2
  }
  return below === 0 ? 0 : above / below
}
