import type { SeenDevice } from '../core/city.ts'
import type { TextKey, Translator } from '../core/translate.ts'

/** A state in words, with its age or since when. */
export function stateWords(device: SeenDevice, text: Translator, nowMs: number): string {
  if (device.state === 'stale' && device.ageMs !== null)
    return text.t('state.staleFor', { age: text.age(device.ageMs) })
  if (device.state === 'offline' && device.stateSinceMs !== null)
    return text.t('state.offlineSince', { time: text.moment(device.stateSinceMs, nowMs) })
  if (device.state === 'frozen' && device.kind === 'cctv') return text.t('state.pictureFrozen')
  return text.t(`state.${device.state}` as TextKey)
}

/** Why, in words; '' when there is nothing to say. */
export function reasonWords(device: SeenDevice, text: Translator): string {
  if (device.stateReason === null || device.state === 'online') return ''
  const key = `reason.${device.stateReason}`
  return text.has(key) ? text.t(key) : device.stateReason
}
