import type { Kind } from '../contract/topics.ts'

interface Label {
  id: string
  en: string
}

/** Name of a profile in a city: its buses bear the name of its bus service, where it has one. */
export function profileLabel({ kind, label }: { kind: Kind; label: Label }, busService: string | null): Label {
  if (kind !== 'bus' || busService === null) return label
  return { id: `Bus ${busService}`, en: `${busService} bus` }
}
