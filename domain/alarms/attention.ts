import type { Kind } from '../../contract/topics.ts'
import type { Gauge, WaterView } from '../rivers/river-posts.ts'
import type { Siaga } from '../rivers/siaga.ts'
import { subjectOf } from '../subject.ts'
import { type Condition, type ConditionFacts, conditionOf, conditions } from './condition.ts'

/** A device as far as the list of what needs attention looks at it. */
export interface WatchedDevice extends ConditionFacts, Gauge {
  kind: Kind
  profile: string
  /** Begin of its state, ms; `null` when nobody knows. */
  stateSinceMs: number | null
}

/** A post of a river at a siaga that is not normal, or that was at one when it was heard last. */
export interface SiagaAttention<D extends WatchedDevice> {
  kind: 'siaga'
  /** 'unknown': nobody can say at present. */
  siaga: Exclude<Siaga, 4> | 'unknown'
  water: WaterView<D>
  sinceMs: number | null
}

export interface DeviceAttention<D extends WatchedDevice> {
  kind: 'device'
  device: D
  condition: Condition
  sinceMs: number | null
}

/** Something that somebody should look at. */
export type Attention<D extends WatchedDevice> = SiagaAttention<D> | DeviceAttention<D>

/** Behind every siaga, also one that was known last. */
const ofDevices = 10
/** Devices that carry others come before them. */
const ofOthers = 20

/**
 * Priority, 0 the highest. A post that was at a siaga and cannot be heard comes right behind those that are at it; one
 * that was calm stands above all other devices, for a flood may come unseen.
 */
export function priorityOf<D extends WatchedDevice>(item: Attention<D>): number {
  if (item.kind === 'siaga') {
    if (item.siaga !== 'unknown') return 2 * item.siaga
    return 2 * (item.water.last?.siaga ?? 4) + 1
  }
  if (item.condition === 'duplicate') return ofDevices
  return (subjectOf(item.device) === 'network' ? ofDevices : ofOthers) + conditions.indexOf(item.condition)
}

function siagaItem<D extends WatchedDevice>(water: WaterView<D>): SiagaAttention<D> | undefined {
  const { siaga, gauge, last, sinceMs } = water
  if (siaga !== null) return siaga === 4 ? undefined : { kind: 'siaga', siaga, water, sinceMs }
  // Nobody counts on a post that was never heard, or that is out of service on purpose.
  if (gauge === undefined || gauge.state === 'disabled' || last === null) return undefined
  return { kind: 'siaga', siaga: 'unknown', water, sinceMs: last.atMs }
}

const idOf = <D extends WatchedDevice>(item: Attention<D>): string =>
  item.kind === 'siaga' ? item.water.post.id : item.device.id

/** Everything that needs attention: the highest priority first, of equals the newest, which nobody may have seen. */
export function attentionList<D extends WatchedDevice>(
  devices: readonly D[],
  waters: readonly WaterView<D>[] = [],
): Attention<D>[] {
  const rivers = waters.flatMap((water) => siagaItem(water) ?? [])
  const told = new Set(rivers.map(({ water }) => water.gauge?.id))
  const list: Attention<D>[] = [...rivers]
  for (const device of devices) {
    // Its post is named already.
    if (told.has(device.id)) continue
    const condition = conditionOf(device)
    if (condition !== undefined) list.push({ kind: 'device', device, condition, sinceMs: device.stateSinceMs })
  }
  return list.sort(
    (a, b) => priorityOf(a) - priorityOf(b) || (b.sinceMs ?? 0) - (a.sinceMs ?? 0) || idOf(a).localeCompare(idOf(b)),
  )
}
