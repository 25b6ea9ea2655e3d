import type { DeviceView } from '../contract/http/devices.ts'
import { iso } from '../contract/time.ts'
import { type Span, unionOf } from './span.ts'

/** A maintenance, as it is reckoned with and as it is told. */
export interface MaintenanceWindow extends Span {
  told: DeviceView['maintenance']
}

/** In order, none overlapping or touching another. */
export function windowsOf(spans: readonly Span[]): MaintenanceWindow[] {
  return unionOf(spans).map((span) => ({
    ...span,
    told: { from: iso(span.fromMs), until: iso(span.untilMs) },
  }))
}

/** The running one, or else the next. */
export function windowAt<Window extends Span>(windows: readonly Window[], nowMs: number): Window | null {
  return windows.find(({ untilMs }) => nowMs < untilMs) ?? null
}
