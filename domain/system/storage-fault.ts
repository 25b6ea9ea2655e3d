import type { Pipeline } from '../../contract/http/pipeline.ts'

export type Storage = NonNullable<Pipeline['storage']>

export type StorageFault = 'low' | 'overBudget' | 'missingDays' | 'damagedFiles' | 'fault'

/** The worst fault of the room on disk or of the files; `undefined`: there is none. */
export function storageFault(storage: Storage): StorageFault | undefined {
  if (storage.low) return 'low'
  if (storage.overBudget) return 'overBudget'
  if (storage.missingDays > 0) return 'missingDays'
  if (storage.damagedFiles.length > 0) return 'damagedFiles'
  return storage.fault === null ? undefined : 'fault'
}
