import type { SeenDevice } from '../core/city/city.ts'
import type { TextKey, Translator } from '../core/text/translate.ts'

/** `perawatan s/d 14.00`, with the day if it is another. */
export const maintenanceWords = (untilMs: number, text: Translator, nowMs: number): string =>
  text.t('state.maintenance', { time: text.moment(untilMs, nowMs) })

/** A state in words, with its age or since when. */
export function stateWords(device: SeenDevice, text: Translator, nowMs: number): string {
  if (device.state === 'stale' && device.ageMs !== null)
    return text.t('state.staleFor', { age: text.age(device.ageMs) })
  if (device.state === 'offline' && device.stateSinceMs !== null)
    return text.t('state.offlineSince', { time: text.moment(device.stateSinceMs, nowMs) })
  if (device.state === 'frozen' && device.kind === 'cctv') return text.t('state.pictureFrozen')
  return briefStateWords(device, text, nowMs)
}

/** A state in one word, or until when somebody works on it. */
export function briefStateWords(
  { state, stateReason, maintenance }: SeenDevice,
  text: Translator,
  nowMs: number,
): string {
  if (stateReason === 'maintenance' && maintenance !== null) return maintenanceWords(maintenance.untilMs, text, nowMs)
  return text.t(`state.${state}` as TextKey)
}

/** Why, in words; '' when there is nothing to say, or the state says it. */
export function reasonWords(device: SeenDevice, text: Translator): string {
  if (device.stateReason === null || device.stateReason === 'maintenance' || device.state === 'online') return ''
  if (device.stateReason === 'clock-behind')
    return text.t('reason.clock-behind', { age: text.age(Math.max(0, device.skewMs ?? 0)) })
  const key = `reason.${device.stateReason}`
  return text.has(key) ? text.t(key) : device.stateReason
}

/** What of it is not believed. */
export function faultNames({ faults }: SeenDevice, text: Translator): string {
  return faults.map((name) => (name === 'position' ? text.t('trouble.position') : name)).join(', ')
}
