import type { Attention, DeviceAttention } from '../core/city/attention.ts'
import type { SeenDevice } from '../core/city/city.ts'
import { useCore, useObservable } from '../ui/core-context.tsx'

/** What needs a look; while the server is away, what it was before. */
export function useAttention(): readonly Attention[] {
  return useObservable(useCore().attention)
}

/** The same of some devices alone. */
export function useTroubled(only: (device: SeenDevice) => boolean): readonly DeviceAttention[] {
  return useAttention().filter((item) => item.kind === 'device' && only(item.device)) as DeviceAttention[]
}
