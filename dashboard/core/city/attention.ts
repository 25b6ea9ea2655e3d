import type { DeviceState } from '../../../contract/state.ts'
import type { Siaga, WaterView } from '../rivers/river-posts.ts'
import type { CityView, SeenDevice } from './city.ts'
import { subjectOf } from './summary.ts'

/** What is wrong with a device, one word of the screen's dictionary. */
export type Trouble = 'offline' | 'frozen' | 'stale' | 'fault' | 'clock' | 'duplicate' | 'flapping'

/** A post of a river at a siaga that is not normal, or that was at one when it was heard last. */
export interface SiagaAttention {
  kind: 'siaga'
  /** 'unknown': nobody can say at present. */
  siaga: Exclude<Siaga, 4> | 'unknown'
  water: WaterView
  sinceMs: number | null
}

export interface DeviceAttention {
  kind: 'device'
  device: SeenDevice
  trouble: Trouble
  sinceMs: number | null
}

/** Something that somebody should look at. */
export type Attention = SiagaAttention | DeviceAttention

const troubleOfState: Partial<Record<DeviceState, Trouble>> = { offline: 'offline', frozen: 'frozen', stale: 'stale' }

function troubleOf(device: SeenDevice): Trouble | undefined {
  if (device.state === 'disabled' || device.state === 'unknown') return undefined
  if (device.duplicate) return 'duplicate'
  const ofState = troubleOfState[device.state]
  if (ofState !== undefined) return ofState
  if (device.flapping) return 'flapping'
  if (device.faults.length > 0) return 'fault'
  return device.clockWrong ? 'clock' : undefined
}

/** Whether the device is one of those that the list of what needs attention names. */
export const isTroubled = (device: SeenDevice): boolean => troubleOf(device) !== undefined

/** From the gravest: somebody else at its key, then what is blind, then what is doubtful. */
const troubles: readonly Trouble[] = ['duplicate', 'offline', 'frozen', 'stale', 'fault', 'flapping', 'clock']
/** Behind every siaga, also one that was known last. */
const ofDevices = 10
/** What carries others comes before them. */
const ofOthers = 20

/**
 * How grave it is, from 0. A post that was at a siaga and cannot be heard comes right behind those that are at it; one that was
 * calm stands above all other devices, for a flood may come unseen.
 */
export function gravityOf(item: Attention): number {
  if (item.kind === 'siaga') {
    if (item.siaga !== 'unknown') return 2 * item.siaga
    return 2 * (item.water.last?.siaga ?? 4) + 1
  }
  const rank = troubles.indexOf(item.trouble)
  if (item.trouble === 'duplicate') return ofDevices
  return (subjectOf(item.device) === 'network' ? ofDevices : ofOthers) + rank
}

function siagaItem(water: WaterView): SiagaAttention | undefined {
  const { siaga, gauge, last, sinceMs } = water
  if (siaga !== null) return siaga === 4 ? undefined : { kind: 'siaga', siaga, water, sinceMs }
  // Nobody counts on a post that was never heard, or that is out of service on purpose.
  if (gauge === undefined || gauge.state === 'disabled' || last === null) return undefined
  return { kind: 'siaga', siaga: 'unknown', water, sinceMs: last.atMs }
}

const idOf = (item: Attention): string => (item.kind === 'siaga' ? item.water.post.id : item.device.id)

/** What somebody should look at: the gravest first, of equals the newest, which nobody may have seen. */
export function attentionList(devices: readonly SeenDevice[], waters: readonly WaterView[] = []): Attention[] {
  const rivers = waters.flatMap((water) => siagaItem(water) ?? [])
  const told = new Set(rivers.map(({ water }) => water.gauge?.id))
  const list: Attention[] = [...rivers]
  for (const device of devices) {
    // Its post is named already.
    if (told.has(device.id)) continue
    const trouble = troubleOf(device)
    if (trouble !== undefined) list.push({ kind: 'device', device, trouble, sinceMs: device.stateSinceMs })
  }
  return list.sort(
    (a, b) => gravityOf(a) - gravityOf(b) || (b.sinceMs ?? 0) - (a.sinceMs ?? 0) || idOf(a).localeCompare(idOf(b)),
  )
}

/**
 * The list over time. While the server is away everything is stale and nothing new can be known: what was wrong before stays,
 * and of a siaga only that it is unknown now.
 */
export function createAttention(): {
  follow(city: Pick<CityView, 'devices' | 'byId' | 'presence'>, waters: readonly WaterView[]): readonly Attention[]
} {
  let before: readonly Attention[] = []

  const asUnknown = (item: Attention, byId: ReadonlyMap<string, SeenDevice>, waters: readonly WaterView[]) => {
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
