import type { SystemFault } from '../../../domain/system/system-faults.ts'
import type { TextKey, TextParams, Translator } from '../text/translate.ts'

/** A fault of our own, of the system or of this page, in a word of the page's dictionary. */
export interface ShownFault {
  key: TextKey
  params?: TextParams
}

/** A system fault in the page's words. */
export function shownFault(fault: SystemFault, age: Translator['age']): ShownFault {
  const { code, ...params } = fault
  const key = `own.${code}` as const
  return 'forMs' in params ? { key, params: { name: params.name, age: age(params.forMs) } } : { key, params }
}
