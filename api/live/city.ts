import type { FeedLine, LiveDevice } from '../../contract/feed.ts'
import type { Device, DeviceView } from '../../contract/http/devices.ts'
import type { DeviceChange } from '../../contract/live.ts'
import type { StoredReading } from '../../contract/ports/telemetry.ts'
import type { Profile } from '../../contract/profile.ts'
import type { DeviceState } from '../../contract/state.ts'
import { defaultExpectedS, deviceStates } from '../../contract/state.ts'
import { iso } from '../../contract/time.ts'
import { deviceState } from '../../domain/device-state.ts'
import { type RegisteredFacts, stateFacts } from '../../domain/live-facts.ts'
import { type MaintenanceWindow, windowAt, windowsOf } from '../../domain/maintenance.ts'
import type { Span } from '../../domain/span.ts'
import { nextStateMs } from '../../domain/watched-state.ts'
import type { DeviceRecord } from '../../storage/registry/devices/device-record.ts'
import type { DeviceChanges } from '../../storage/registry/devices/devices.ts'
import { type DeviceFacts, deviceFacts, deviceOf, liveFromStore, movedBy, type ReportingRate } from './device-view.ts'

/** What changed and was not told yet: newest value of each field, however often it changed. */
export interface CityChanges {
  changes: DeviceChange[]
  removed: string[]
}

/** The present state of the city in memory. */
export interface City {
  applyRegistry(changes: DeviceChanges): void
  /** Newest readings of the store; what the live feed has said already stands. */
  seed(readings: readonly StoredReading[]): void
  applyFeed(line: FeedLine): void
  /** Works out those states anew that time alone may have changed; called each second. */
  tick(): void
  /** Our clock was set by so much: what is as old as it was is told in the new time, so that nothing ages by it. */
  clockMoved(byMs: number): void
  /** Of those that changed first, until `isEnough` says so; the others come with the next call. All when it is absent. */
  takeChanges(isEnough?: (change: DeviceChange) => boolean): CityChanges
  views(): Iterable<DeviceView>
  view(id: string): DeviceView | undefined
  device(id: string): Device | undefined
  /** In order of id. */
  devices(): Iterable<Device>
  countByState(): Record<DeviceState, number>
}

interface Entry {
  record: DeviceRecord
  rate: ReportingRate
  windows: readonly MaintenanceWindow[]
  view: DeviceView
  /** Until then its state stays, unless something is heard or registered. */
  dueMs: number
}

export interface CityParts {
  now: () => number
  findProfile: (id: string) => Profile | undefined
}

/** Devices that may be heard before the registry tells of them, within its 300 ms; past it the oldest go. */
const maxEarly = 1000

export function createCity({ now, findProfile }: CityParts): City {
  const entries = new Map<string, Entry>()
  const heard = new Map<string, LiveDevice>()
  /** Heard before the registry's word of them was; oldest first. */
  const early = new Map<string, LiveDevice>()
  const removed = new Set<string>()
  const changed = new Map<string, DeviceChange>()
  let sortedIds: string[] | undefined

  function reportingRateOf(record: DeviceRecord): ReportingRate {
    const profile = findProfile(record.profile)
    return {
      moving: profile?.moving ?? false,
      expectedS: record.expectedS ?? profile?.expectedS ?? defaultExpectedS,
    }
  }

  function changeOf(id: string): DeviceChange {
    let change = changed.get(id)
    if (change === undefined) {
      change = { id }
      changed.set(id, change)
    }
    return change
  }

  function register(record: DeviceRecord, spans: readonly Span[] = []): void {
    const known = entries.get(record.id)
    const rate = reportingRateOf(record)
    const windows = windowsOf(spans)
    if (known !== undefined) {
      known.record = record
      known.rate = rate
      known.windows = windows
      refresh(known)
      return
    }
    const nowMs = now()
    const live = early.get(record.id)
    early.delete(record.id)
    if (live !== undefined) heard.set(record.id, live)
    const maintenance = windowAt(windows, nowMs)
    const facts = stateFacts(registeredFacts(record, rate, maintenance), live)
    const { state, reason, sinceMs } = deviceState(facts, nowMs)
    const stateSince = iso(sinceMs)
    const found = { state, stateSince, stateReason: reason, maintenance: maintenance?.told ?? null }
    const view = { ...deviceFacts(record, rate, live), ...found }
    entries.set(record.id, { record, rate, windows, view, dueMs: nextStateMs(facts, null, nowMs) })
    changed.set(record.id, { ...view })
    removed.delete(record.id)
    sortedIds = undefined
  }

  function forget(id: string): void {
    heard.delete(id)
    early.delete(id)
    changed.delete(id)
    if (!entries.delete(id)) return
    removed.add(id)
    sortedIds = undefined
  }

  function refresh(entry: Entry): void {
    const facts = deviceFacts(entry.record, entry.rate, heard.get(entry.record.id))
    for (const key of factKeys) set(entry.view, key, facts[key])
    refreshState(entry, now())
  }

  function set<K extends keyof DeviceView>(view: DeviceView, key: K, next: DeviceView[K]): void {
    if (sameValue(view[key], next)) return
    view[key] = next
    Object.assign(changeOf(view.id), { [key]: next })
  }

  function refreshState(entry: Entry, nowMs: number): void {
    const { record, rate, windows, view } = entry
    const maintenance = windowAt(windows, nowMs)
    const facts = stateFacts(registeredFacts(record, rate, maintenance), heard.get(record.id))
    const found = deviceState(facts, nowMs)
    entry.dueMs = nextStateMs(facts, null, nowMs)
    // A window may be joined to an earlier one while it is running, or take the place of another reason.
    if (found.state !== view.state || found.reason === 'maintenance') {
      set(view, 'state', found.state)
      set(view, 'stateSince', iso(found.sinceMs ?? nowMs))
    }
    set(view, 'stateReason', found.reason)
    set(view, 'maintenance', maintenance?.told ?? null)
  }

  function hear(live: LiveDevice): void {
    const entry = entries.get(live.id)
    if (entry === undefined) return hearEarly(live)
    heard.set(live.id, live)
    refresh(entry)
  }

  function hearEarly(live: LiveDevice): void {
    early.delete(live.id)
    early.set(live.id, live)
    for (const oldest of early.keys()) {
      if (early.size <= maxEarly) return
      early.delete(oldest)
    }
  }

  function idsInOrder(): string[] {
    sortedIds ??= [...entries.keys()].sort()
    return sortedIds
  }

  return {
    applyRegistry(changes) {
      for (const record of changes.changed) register(record, changes.maintenance.get(record.id))
      for (const id of changes.removed) forget(id)
    },
    seed(readings) {
      for (const reading of readings)
        if (!heard.has(reading.deviceId) && !early.has(reading.deviceId)) hear(liveFromStore(reading))
    },
    applyFeed(line) {
      if (line.type !== 'snapshot' && line.type !== 'changes') return
      for (const live of line.devices) hear(live)
    },
    tick() {
      const nowMs = now()
      for (const entry of entries.values()) if (entry.dueMs <= nowMs) refreshState(entry, nowMs)
    },
    clockMoved(byMs) {
      for (const live of [...heard.values(), ...early.values()]) hear(movedBy(live, byMs))
      // What is due was reckoned in the time before.
      for (const entry of entries.values()) refreshState(entry, now())
    },
    takeChanges(isEnough = () => false) {
      const taken: CityChanges = { changes: [], removed: [...removed] }
      removed.clear()
      for (const change of changed.values()) {
        changed.delete(change.id)
        taken.changes.push(change)
        if (isEnough(change)) break
      }
      return taken
    },
    *views() {
      for (const { view } of entries.values()) yield view
    },
    view: (id) => entries.get(id)?.view,
    device(id) {
      const entry = entries.get(id)
      return entry === undefined ? undefined : deviceOf(entry.view, entry.record)
    },
    *devices() {
      for (const id of idsInOrder()) {
        const entry = entries.get(id)
        if (entry !== undefined) yield deviceOf(entry.view, entry.record)
      }
    },
    countByState() {
      const counts = Object.fromEntries(deviceStates.map((state) => [state, 0])) as Record<DeviceState, number>
      for (const { view } of entries.values()) counts[view.state] += 1
      return counts
    },
  }
}

function registeredFacts(
  { disabled }: DeviceRecord,
  { moving, expectedS }: ReportingRate,
  maintenance: Span | null,
): RegisteredFacts {
  return { disabled, moving, expectedMs: expectedS * 1000, maintenance }
}

const factKeys = [
  'kind',
  'profile',
  'name',
  'areaCode',
  'simulated',
  'expectedS',
  'lat',
  'lon',
  'positionAt',
  'measuredAt',
  'receivedAt',
  'metrics',
  'metricsAt',
  'link',
  'status',
  'frozen',
  'disabled',
  'clockWrong',
  'skewMs',
  'duplicate',
  'flappingUntil',
  'faults',
] as const satisfies readonly (keyof DeviceFacts)[]

/** Equal as far as a view goes: primitives, and records or lists of primitives. */
function sameValue(one: unknown, other: unknown): boolean {
  if (one === other) return true
  if (!isPlain(one) || !isPlain(other)) return false
  const keys = Object.keys(one)
  if (keys.length !== Object.keys(other).length) return false
  for (const key of keys) if (one[key] !== other[key]) return false
  return true
}

function isPlain(candidate: unknown): candidate is Record<string, unknown> {
  return typeof candidate === 'object' && candidate !== null
}
