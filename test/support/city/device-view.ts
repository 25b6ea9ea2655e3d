import type { DeviceView } from '../../../contract/http/devices.ts'

/** A moment that tests count from: 08.40.25 WIB. */
export const someMs = Date.parse('2026-11-21T01:40:25.000Z')

export const isoAt = (ms: number): string => new Date(ms).toISOString()

/** Facts from which a device of one report an hour is in this state at `someMs`. */
export function factsFor(state: 'unknown' | 'online' | 'offline' | 'frozen' | 'disabled'): Partial<DeviceView> {
  const facts: Record<typeof state, Partial<DeviceView>> = {
    unknown: { measuredAt: null, receivedAt: null },
    online: {},
    offline: { link: { state: 'lost', since: isoAt(someMs), reason: 'keepalive' } },
    frozen: { frozen: true },
    disabled: { disabled: true },
  }
  return { state, ...facts[state] }
}

/** An air sensor that reported just now. */
export function deviceView(more: Partial<DeviceView> = {}): DeviceView {
  const at = isoAt(someMs)
  return {
    id: 'udara-01',
    kind: 'sensor',
    profile: 'air-quality',
    name: 'Udara 01',
    lat: 3.6,
    lon: 98.48,
    areaCode: null,
    simulated: false,
    state: 'online',
    stateSince: at,
    stateReason: null,
    status: null,
    frozen: false,
    disabled: false,
    maintenance: null,
    expectedS: 60,
    measuredAt: at,
    receivedAt: at,
    metrics: { pm25_ugm3: 12.5 },
    metricsAt: {},
    link: { state: 'up', since: at, reason: null },
    clockWrong: false,
    skewMs: 0,
    duplicate: false,
    flappingUntil: null,
    faults: [],
    manual: null,
    ...more,
  }
}
