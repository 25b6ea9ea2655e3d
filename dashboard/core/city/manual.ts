import type { DeviceView } from '../../../contract/http/devices.ts'
import type { Role } from '../../../contract/roles.ts'
import { manualPresentMs, manualShownMs } from '../../../domain/manual.ts'
import { hideAfterLostMs, type Moment } from './live.ts'

/** The newest reading by hand of a device. Its values come out only with their age, and never as measured ones. */
export interface SeenManual {
  /** Metrics that were read. */
  names: readonly string[]
  /** `undefined`: it was not read, or too long ago, or nobody knows whether it is still the newest. */
  draw(metric: string, moment: Moment): DrawnManual | undefined
}

export interface DrawnManual {
  value: number | boolean
  atMs: number
  ageMs: number
  /** Role of the author. */
  role: Role
  /** It may stand for the present where the device tells nothing. */
  present: boolean
}

/** Seals what the server told of a reading by hand; `null`: there is none. */
export function sealManual(manual: DeviceView['manual']): SeenManual | null {
  if (manual === null) return null
  const { role, metrics } = manual
  const atMs = Date.parse(manual.at)
  return {
    names: Object.keys(metrics),
    draw(metric, { nowMs, lostForMs }) {
      const value = Object.hasOwn(metrics, metric) ? metrics[metric] : undefined
      const ageMs = Math.max(0, nowMs - atMs)
      if (value === undefined || ageMs > manualShownMs || (lostForMs ?? 0) > hideAfterLostMs) return undefined
      return { value, atMs, ageMs, role, present: lostForMs === null && ageMs <= manualPresentMs }
    },
  }
}

/** Number of a metric that a person read and that may stand for the present; `null`: there is none. */
export function presentByHand(
  manual: SeenManual | null,
  metric: string,
  moment: Moment,
): { value: number; atMs: number } | null {
  const drawn = manual?.draw(metric, moment)
  if (drawn === undefined || !drawn.present || typeof drawn.value !== 'number') return null
  return { value: drawn.value, atMs: drawn.atMs }
}
