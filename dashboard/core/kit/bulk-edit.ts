import { maxDevicesPatched } from '../../../contract/http/call-limits.ts'
import type { DevicesPatch, DevicesPatched } from '../../../contract/http/devices.ts'
import { answer } from '../connection/answers.ts'
import type { HttpClient } from '../connection/http-client.ts'
import type { ListedDevice } from '../connection/registry.ts'

/** What can be the same for many devices. */
export const bulkFields = ['expectedS', 'parentId', 'areaCode', 'opd', 'disabled'] as const
export type BulkField = (typeof bulkFields)[number]
export type BulkSet = DevicesPatch['set']
type Chosen = Pick<ListedDevice, BulkField>

/** What is registered of the chosen devices today: the same for all of them, or not. */
export type Today = { same: true; is: string | number | boolean | null } | { same: false }

export function todayOf(devices: readonly Chosen[], field: BulkField): Today {
  const [first, ...others] = devices.map((device) => device[field])
  return others.every((one) => one === first) ? { same: true, is: first ?? null } : { same: false }
}

/**
 * How many of the devices would be changed. Whether an interval is the profile's own or was set is not known here: to give an
 * interval back to the profile counts as a change of all.
 */
export function wouldChange(devices: readonly Chosen[], set: BulkSet): number {
  const named = bulkFields.filter((field) => set[field] !== undefined)
  return devices.filter((device) => named.some((field) => device[field] !== set[field])).length
}

export interface BulkResult extends DevicesPatched {
  /** Why the rest was not changed. */
  failed?: unknown
  /** Not changed, for `failed`. */
  left: number
}

/** Makes the same change in many devices: all or none in each call, as many calls as it takes. */
export async function changeMany(
  rest: Pick<HttpClient, 'send'>,
  { ids, set, onProgress }: { ids: readonly string[]; set: BulkSet; onProgress: (done: number) => void },
): Promise<BulkResult> {
  const result: BulkResult = { changed: 0, unchanged: 0, left: 0 }
  for (let start = 0; start < ids.length; start += maxDevicesPatched) {
    onProgress(start)
    const body: DevicesPatch = { ids: ids.slice(start, start + maxDevicesPatched), set }
    try {
      const { changed, unchanged } = await rest.send('PATCH', '/api/v1/devices', body, answer('devicesPatched'))
      result.changed += changed
      result.unchanged += unchanged
    } catch (failed) {
      return { ...result, failed, left: ids.length - start }
    }
  }
  return result
}

/**
 * What a form asks for. Its field `<field>` is `leave`, `clear`, `set` to what stands in `<field>-value`, or says itself what the
 * field becomes; `undefined` where what it should be set to is missing.
 */
export function bulkSetOf(form: Pick<FormData, 'get'>): BulkSet | undefined {
  const typed = (name: string) => String(form.get(name) ?? '').trim()
  const set: BulkSet = {}
  for (const field of bulkFields) {
    const choice = typed(field)
    if (choice === '' || choice === 'leave') continue
    const words = choice === 'set' ? typed(`${field}-value`) : choice
    if (words === '') return undefined
    Object.assign(set, { [field]: choice === 'clear' ? null : read[field](words) })
  }
  return Object.values(set).includes(Number.NaN) ? undefined : set
}

const asIs = (words: string) => words
const read: Record<BulkField, (words: string) => string | number | boolean> = {
  expectedS: (words) => Number(words.replace(',', '.')),
  parentId: asIs,
  areaCode: asIs,
  opd: asIs,
  disabled: (words) => words === 'true',
}
