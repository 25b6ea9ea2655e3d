import type { DatabaseSync } from 'node:sqlite'
import type { JournalEntry, LinkChange } from '../../contract/ports/journal.ts'
import type { ManualReading, StoredHistory } from '../../contract/ports/telemetry.ts'
import { createManualTable } from '../../storage/telemetry/sqlite/manual-table.ts'
import {
  createEventTable,
  type DeviceEvent,
  maxEventsOfDevice,
  maxLinkEventsOfDevice,
} from '../../storage/telemetry/sqlite/sqlite-events.ts'
import { createStateTable, type DeviceStateChange } from '../../storage/telemetry/states/state-table.ts'
import type { DeviceLiveState } from '../device-state.ts'
import type { KnownDevice } from '../directory.ts'
import { createStateKeeper, type StateKeeper, type StateKeeperParts } from './state-keeper.ts'

/** What happened to devices, besides what they measured: changes of state, events, changes of their connections. */
export interface DeviceHistory {
  saveEvent(event: DeviceEvent): void
  saveLink(event: DeviceEvent): void
  /** Returns the reading by hand as it is kept; `undefined`: it says nothing new. */
  saveManual(device: KnownDevice, reading: ManualReading): ManualReading | undefined
  /** Before entries are taken in: follows the registry. */
  begin(): void
  /** Before an entry is taken in: tells what time alone changed until it came. */
  advance(entry: JournalEntry): void
  /** Judges devices of which something was heard. */
  heard(devices: Iterable<DeviceLiveState>): void
  stateOf: StateKeeper['stateOf']
  /** Writes what was gathered; before COMMIT. */
  flush(): void
  /** Drops what is older, a part at a time. */
  dropBefore(ms: number): void
  /** The same for readings by hand, which are kept as long as all readings. */
  dropManualBefore(ms: number): void
}

export interface DeviceHistoryParts extends Pick<StateKeeperParts, 'clock' | 'registry' | 'liveState'> {
  db: DatabaseSync
  /** Told of what a configured store has to have too; absent: there is none. */
  forward?: ((history: StoredHistory) => void) | undefined
  /** Told of each device whose state has changed, inside the transaction. */
  stateChanged?: ((deviceId: string) => void) | undefined
  countDropped: (cause: 'retention' | 'budget', n: number, of?: 'telemetry' | 'event') => void
}

/** Events, and changes of state, that are dropped in one go. */
const droppedAtOnce = 20_000

export function createDeviceHistory(parts: DeviceHistoryParts): DeviceHistory {
  const { db, registry, forward, stateChanged, countDropped } = parts
  const events = createEventTable(db, maxEventsOfDevice, 'event')
  const links = createEventTable(db, maxLinkEventsOfDevice, 'link_event')
  const states = createStateTable(db)
  const manual = createManualTable(db)
  const all = [events, links, states]
  const gathered = gather()
  const keeper = createStateKeeper({
    ...parts,
    table: states,
    changed(change, device) {
      if (forward !== undefined) gathered.state(change, device)
      stateChanged?.(change.deviceId)
    },
  })

  function count(cause: 'retention' | 'budget', n: number): void {
    if (n > 0) countDropped(cause, n)
  }

  function countManual(cause: 'retention' | 'budget', n: number): void {
    if (n > 0) countDropped(cause, n, 'telemetry')
  }

  function save(table: typeof events, event: DeviceEvent): void {
    if (forward !== undefined) {
      const nth = events.countAt(event.deviceId, event.atMs) + links.countAt(event.deviceId, event.atMs)
      gathered.event({ ...event, nth }, registry.get(event.deviceId))
    }
    table.save(event)
  }

  return {
    saveEvent: (event) => save(events, event),
    saveLink: (event) => save(links, event),
    saveManual(device, reading) {
      const kept = manual.save(device.id, reading)
      if (kept !== undefined && forward !== undefined) gathered.manual(kept, device)
      return kept
    },
    begin: keeper.followRegistry,
    advance: (entry) => keeper.advance(entry.receivedAtMs, isBrokerStart(entry)),
    heard: keeper.heard,
    stateOf: keeper.stateOf,
    flush() {
      const history = gathered.take()
      if (history !== undefined) forward?.(history)
      for (const table of all) count('budget', table.flush())
      countManual('budget', manual.flush())
    },
    dropBefore(ms) {
      for (const table of [events, links]) count('retention', table.dropBefore(ms, droppedAtOnce))
      const isRegistered = (id: string) => registry.get(id) !== undefined
      count('retention', states.dropBefore(ms, droppedAtOnce, isRegistered))
    },
    dropManualBefore: (ms) => countManual('retention', manual.dropBefore(ms, droppedAtOnce)),
  }
}

function isBrokerStart({ type, payload }: JournalEntry): boolean {
  // Written by our own broker, in this shape.
  return type === 'link' && (JSON.parse(Buffer.from(payload).toString()) as LinkChange).event === 'broker-started'
}

/** Collects what one transaction tells a configured store. */
function gather() {
  let history = nothingGathered()

  return {
    state({ deviceId, ...change }: DeviceStateChange, device: KnownDevice | undefined): void {
      if (device !== undefined) history.states.push({ ...tagsOf(device), ...change })
    },
    /** `nth` counts the events of a device and millisecond over all transactions: it is part of their key. */
    event({ atMs, nth, type, payload }: DeviceEvent & { nth: number }, device: KnownDevice | undefined): void {
      if (device === undefined) return
      history.events.push({ ...tagsOf(device), atMs, nth, type, payload: Buffer.from(payload).toString() })
    },
    manual(reading: ManualReading, device: KnownDevice): void {
      history.manual.push({ ...tagsOf(device), ...reading })
    },
    take(): StoredHistory | undefined {
      if (history.states.length + history.events.length + history.manual.length === 0) return undefined
      const taken = history
      history = nothingGathered()
      return taken
    },
  }
}

function nothingGathered(): Required<StoredHistory> {
  return { states: [], events: [], manual: [] }
}

function tagsOf({ id, kind, profile, kecamatan, simulated }: KnownDevice) {
  return { deviceId: id, kind, profile, areaCode: kecamatan, simulated }
}
