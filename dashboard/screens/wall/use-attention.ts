import { useRef } from 'react'
import { type Attention, attentionList } from '../../core/attention.ts'
import type { SeenDevice } from '../../core/city.ts'
import { useCity } from '../../ui/core-context.tsx'

/** Who needs a look; while the server is away everything is stale, and the list keeps what was wrong before. */
export function useAttention(only?: (device: SeenDevice) => boolean): Attention[] {
  const city = useCity()
  const before = useRef<Attention[]>([])
  if (city.moment.lostForMs === null)
    before.current = attentionList(only === undefined ? city.devices : city.devices.filter(only))
  return before.current.flatMap((item) => {
    const device = city.byId.get(item.device.id)
    return device === undefined ? [] : { ...item, device }
  })
}
