import { type Attention, attentionList } from '../../../domain/alarms/attention.ts'
import type { SeenWater } from '../rivers/seen-waters.ts'
import type { CityView, SeenDevice } from './city.ts'

/**
 * The list over time. While the server is away everything is stale and nothing new can be known: what was wrong before stays,
 * and of a siaga only that it is unknown now.
 */
export function createAttention(): {
  follow(
    city: Pick<CityView, 'devices' | 'byId' | 'presence'>,
    waters: readonly SeenWater[],
  ): readonly Attention<SeenDevice>[]
} {
  let before: readonly Attention<SeenDevice>[] = []

  const asUnknown = (
    item: Attention<SeenDevice>,
    byId: ReadonlyMap<string, SeenDevice>,
    waters: readonly SeenWater[],
  ) => {
    if (item.kind === 'device') {
      const device = byId.get(item.device.id)
      return device === undefined ? [] : { ...item, device }
    }
    const water = waters.find(({ post }) => post.id === item.water.post.id)
    return water === undefined ? [] : { ...item, siaga: 'unknown' as const, water, sinceMs: water.last?.atMs ?? null }
  }

  return {
    follow({ devices, byId, presence }, waters) {
      if (presence === 'lost') return before.flatMap((item) => asUnknown(item, byId, waters))
      before = attentionList(devices, waters)
      return before
    },
  }
}
