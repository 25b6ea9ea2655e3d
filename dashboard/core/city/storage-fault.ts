import type { Pipeline } from '../../../contract/http/pipeline.ts'
import type { TextKey } from '../text/translate.ts'

export type Storage = NonNullable<Pipeline['storage']>

type StorageFault = 'low' | 'overBudget' | 'missingDays' | 'damagedFiles' | 'fault'

/** What is wrong with the room or the files, first the worst; `undefined`: nothing is. With `tile.` before it in the few words of a wall. */
export function storageFault(storage: Storage): (TextKey & `storage.${StorageFault}`) | undefined {
  if (storage.low) return 'storage.low'
  if (storage.overBudget) return 'storage.overBudget'
  if (storage.missingDays > 0) return 'storage.missingDays'
  if (storage.damagedFiles.length > 0) return 'storage.damagedFiles'
  return storage.fault === null ? undefined : 'storage.fault'
}
