import type { Attention, DeviceAttention } from '../../domain/alarms/attention.ts'
import type { SeenDevice } from '../core/city/city.ts'
import { useCore, useObservable } from '../ui/core-context.tsx'

/** List of what needs a look; while the server is away, what it was before. */
export function useAttention(): readonly Attention<SeenDevice>[] {
  return useObservable(useCore().attention)
}

/** The same of some devices alone. */
export function useDeviceAttention(only: (device: SeenDevice) => boolean): readonly DeviceAttention<SeenDevice>[] {
  return useAttention().filter((item) => item.kind === 'device' && only(item.device)) as DeviceAttention<SeenDevice>[]
}
