import { dayMs } from '../../contract/time.ts'
import type { Storage } from './storage-fault.ts'

/**
 * Days that the disk will do if readings come in as they do now: each takes in the end the room that a sealed reading
 * takes on this machine. `null`: no day was sealed yet, or nothing comes in, so nobody can say.
 */
export function diskDaysLeft(storage: Storage, readingsPerSecond: number | null): number | null {
  const { sealed, coldBytes, hotBytes, budgetBytes, freeBytes } = storage
  if (readingsPerSecond === null || readingsPerSecond <= 0 || sealed.points === 0 || coldBytes === 0) return null
  const bytesPerDay = readingsPerSecond * (dayMs / 1000) * (coldBytes / sealed.points)
  const room = budgetBytes === null ? freeBytes : Math.min(freeBytes, Math.max(0, budgetBytes - coldBytes - hotBytes))
  return room / bytesPerDay
}
