import type { Kind } from '../contract/topics.ts'

/** The subjects by which a city looks at its devices. */
export type Subject = 'bus' | 'cctv' | 'water' | 'weather' | 'network' | 'sensor'

interface Kinded {
  kind: Kind
  profile: string
}

const subjectOfProfile: Record<string, Subject> = {
  'river-gauge': 'water',
  'rain-gauge': 'weather',
  'weather-station': 'weather',
  'network-link': 'network',
  'lorawan-gateway': 'network',
}

/** The one subject that a device belongs to. */
export function subjectOf(device: Kinded): Subject {
  if (device.kind === 'bus' || device.kind === 'cctv') return device.kind
  const named = subjectOfProfile[device.profile]
  if (named !== undefined) return named
  return device.kind === 'gateway' ? 'network' : 'sensor'
}

export function bySubject<D extends Kinded>(devices: readonly D[]): Record<Subject, D[]> {
  const groups: Record<Subject, D[]> = { bus: [], cctv: [], water: [], weather: [], network: [], sensor: [] }
  for (const device of devices) groups[subjectOf(device)].push(device)
  return groups
}
