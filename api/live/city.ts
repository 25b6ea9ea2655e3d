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
import { deviceFacts, deviceOf, factKeys, liveFromStore, movedBy, type ReportingRate } from './device-view.ts'
import { createEarlyHeard } from './early-heard.ts'
import { type CityChanges, createPendingChanges } from './pending-changes.ts'
import { type InSlices, unlessRunning } from './slices.ts'

/** The present state of the city in memory. */
export interface City {
  applyRegistry(changes: DeviceChanges): void
  /** Newest readings of the store; what the live feed has said already stands. */
  seed(readings: readonly StoredReading[]): void
  applyFeed(line: FeedLine): void
  /** Works out those states anew that time alone may have changed; called each second. Resolves when it is done. */
  tick(): Promise<void>
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
  inSlices: InSlices
  findProfile: (id: string) => Profile | undefined
}

export function createCity({ now, inSlices, findProfile }: CityParts): City {
  const entries = new Map<string, Entry>()
  const heard = new Map<string, LiveDevice>()
  const early = createEarlyHeard()
  const pending = createPendingChanges()
  let sortedIds: string[] | undefined

  function register(record: DeviceRecord, spans: readonly Span[] = []): void {
    const known = entries.get(record.id)
    const rate = reportingRateOf(record, findProfile(record.profile))
    const windows = windowsOf(spans)
    if (known !== undefined) {
      known.record = record
      known.rate = rate
      known.windows = windows
      refresh(known)
      return
    }
    const nowMs = now()
    const live = early.take(record.id)
    if (live !== undefined) heard.set(record.id, live)
    const maintenance = windowAt(windows, nowMs)
    const facts = stateFacts(registeredFacts(record, rate, maintenance), live)
    const { state, reason, sinceMs } = deviceState(facts, nowMs)
    const stateSince = iso(sinceMs)
    const found = { state, stateSince, stateReason: reason, maintenance: maintenance?.told ?? null }
    const view = { ...deviceFacts(record, rate, live), ...found }
    entries.set(record.id, { record, rate, windows, view, dueMs: nextStateMs(facts, null, nowMs) })
    pending.added(view)
    sortedIds = undefined
  }

  function forget(id: string): void {
    heard.delete(id)
    early.take(id)
    pending.drop(id)
    if (!entries.delete(id)) return
    pending.removed(id)
    sortedIds = undefined
  }

  function refresh(entry: Entry): void {
    const facts = deviceFacts(entry.record, entry.rate, heard.get(entry.record.id))
    for (const key of factKeys) pending.set(entry.view, key, facts[key])
    refreshState(entry, now())
  }

  function refreshState(entry: Entry, nowMs: number): void {
    const { record, rate, windows, view } = entry
    const maintenance = windowAt(windows, nowMs)
    const facts = stateFacts(registeredFacts(record, rate, maintenance), heard.get(record.id))
    const found = deviceState(facts, nowMs)
    entry.dueMs = nextStateMs(facts, null, nowMs)
    // A window may be joined to an earlier one while it is running, or take the place of another reason.
    if (found.state !== view.state || found.reason === 'maintenance') {
      pending.set(view, 'state', found.state)
      pending.set(view, 'stateSince', iso(found.sinceMs ?? nowMs))
    }
    pending.set(view, 'stateReason', found.reason)
    pending.set(view, 'maintenance', maintenance?.told ?? null)
  }

  function applyLive(live: LiveDevice): void {
    const entry = entries.get(live.id)
    if (entry === undefined) return early.put(live)
    heard.set(live.id, live)
    refresh(entry)
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
        if (!heard.has(reading.deviceId) && !early.has(reading.deviceId)) applyLive(liveFromStore(reading))
    },
    applyFeed(line) {
      if (line.type !== 'snapshot' && line.type !== 'changes') return
      for (const live of line.devices) applyLive(live)
    },
    tick: unlessRunning(() =>
      // Of a Map that changes meanwhile: who goes is left out, who comes is met.
      inSlices(entries.values(), (entry) => {
        const nowMs = now()
        if (entry.dueMs <= nowMs) refreshState(entry, nowMs)
      }),
    ),
    clockMoved(byMs) {
      for (const live of [...heard.values(), ...early.all()]) applyLive(movedBy(live, byMs))
      // What is due was reckoned in the time before.
      for (const entry of entries.values()) refreshState(entry, now())
    },
    takeChanges: (isEnough = () => false) => pending.take(isEnough),
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
    countByState: () => countByState(entries.values()),
  }
}

function countByState(entries: Iterable<Entry>): Record<DeviceState, number> {
  const counts = Object.fromEntries(deviceStates.map((state) => [state, 0])) as Record<DeviceState, number>
  for (const { view } of entries) counts[view.state] += 1
  return counts
}

function reportingRateOf(record: DeviceRecord, profile: Profile | undefined): ReportingRate {
  return {
    moving: profile?.moving ?? false,
    expectedS: record.expectedS ?? profile?.expectedS ?? defaultExpectedS,
  }
}

function registeredFacts(
  { disabled }: DeviceRecord,
  { moving, expectedS }: ReportingRate,
  maintenance: Span | null,
): RegisteredFacts {
  return { disabled, moving, expectedMs: expectedS * 1000, maintenance }
}
