import { findMetric } from '../../contract/metrics.ts'
import type { SeenDevice } from '../core/city/city.ts'
import { type Moment, renderLive } from '../core/city/live.ts'
import type { Translator } from '../core/text/translate.ts'
import { briefStateWords } from './state-text.tsx'

/** The most telling value in words, if there is one to tell. */
function telling(device: SeenDevice, text: Translator, moment: Moment): string | undefined {
  const name = device.look.metrics.find((metric) => device.metrics.has(metric))
  const live = name === undefined ? undefined : device.metrics.get(name)
  if (name === undefined || live === undefined) return undefined
  const drawn = renderLive(live, moment)
  return drawn.shown && !drawn.fault ? text.measure(drawn.value, findMetric(name)) : undefined
}

/** `Bus 07, langsung, 31 km/jam, 4 dtk lalu` */
export function spokenName(device: SeenDevice, text: Translator, moment: Moment): string {
  const parts = [device.name, briefStateWords(device, text, moment.nowMs), telling(device, text, moment)]
  if (device.ageMs !== null) parts.push(text.t('age.ago', { age: text.age(device.ageMs) }))
  return parts.filter((part) => part !== undefined).join(', ')
}
