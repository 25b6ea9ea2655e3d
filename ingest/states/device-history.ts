import type { DatabaseSync } from 'node:sqlite'
import type { JournalEntry, LinkChange } from '../../contract/ports/journal.ts'
import type { StoredHistory } from '../../contract/ports/telemetry.ts'
import {
  createEventTable,
  type DeviceEvent,
  maxEventsOfDevice,
  maxLinkEventsOfDevice,
} from '../../storage/telemetry/sqlite/sqlite-events.ts'
import { createStateTable, type DeviceStateChange } from '../../storage/telemetry/states/state-table.ts'
import type { DeviceLiveState } from '../device-state.ts'
import type { KnownDevice } from '../directory.ts'
import { createStateKeeper, type StateKeeperParts } from './state-keeper.ts'

/** What happened to devices, besides what they measured: changes of state, events, changes of their connections. */
export interface DeviceHistory {
  saveEvent(event: DeviceEvent): void
  saveLink(event: DeviceEvent): void
  /** Before entries are taken in: follows the registry. */
  begin(): void
  /** Before an entry is taken in: tells what time alone changed until it came. */
  advance(entry: JournalEntry): void
  /** Judges devices of which something was heard. */
  heard(devices: Iterable<DeviceLiveState>): void
  /** Writes what was gathered; before COMMIT. */
  flush(): void
  /** Drops what is older, a part at a time. */
  dropBefore(ms: number): void
}

export interface DeviceHistoryParts extends Pick<StateKeeperParts, 'clock' | 'registry' | 'liveState'> {
  db: DatabaseSync
  /** Told of what a configured store has to have too; absent: there is none. */
  forward?: ((history: StoredHistory) => void) | undefined
  countDropped: (cause: 'retention' | 'budget', n: number) => void
}

/** Events, and changes of state, that are dropped in one go. */
const droppedAtOnce = 20_000

export function createDeviceHistory(parts: DeviceHistoryParts): DeviceHistory {
  const { db, registry, forward, countDropped } = parts
  const events = createEventTable(db, maxEventsOfDevice, 'event')
  const links = createEventTable(db, maxLinkEventsOfDevice, 'link_event')
  const states = createStateTable(db)
  const all = [events, links, states]
  const gathered = gather()
  const keeper = createStateKeeper({
    ...parts,
    table: states,
    changed: forward === undefined ? ignore : gathered.state,
  })

  function count(cause: 'retention' | 'budget', n: number): void {
    if (n > 0) countDropped(cause, n)
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
    begin: keeper.followRegistry,
    advance: (entry) => keeper.advance(entry.receivedAtMs, isBrokerStart(entry)),
    heard: keeper.heard,
    flush() {
      const history = gathered.take()
      if (history !== undefined) forward?.(history)
      for (const table of all) count('budget', table.flush())
    },
    dropBefore(ms) {
      for (const table of [events, links]) count('retention', table.dropBefore(ms, droppedAtOnce))
      const isRegistered = (id: string) => registry.get(id) !== undefined
      count('retention', states.dropBefore(ms, droppedAtOnce, isRegistered))
    },
  }
}

function ignore(): void {}

function isBrokerStart({ type, payload }: JournalEntry): boolean {
  // Written by our own broker, in this shape.
  return type === 'link' && (JSON.parse(Buffer.from(payload).toString()) as LinkChange).event === 'broker-started'
}

/** Collects what one transaction tells a configured store. */
function gather() {
  let history: StoredHistory = { states: [], events: [] }

  return {
    state({ deviceId, ...change }: DeviceStateChange, device: KnownDevice | undefined): void {
      if (device !== undefined) history.states.push({ ...tagsOf(device), ...change })
    },
    /** `nth` counts the events of a device and millisecond over all transactions: it is part of their key. */
    event({ atMs, nth, type, payload }: DeviceEvent & { nth: number }, device: KnownDevice | undefined): void {
      if (device === undefined) return
      history.events.push({ ...tagsOf(device), atMs, nth, type, payload: Buffer.from(payload).toString() })
    },
    take(): StoredHistory | undefined {
      if (history.states.length + history.events.length === 0) return undefined
      const taken = history
      history = { states: [], events: [] }
      return taken
    },
  }
}

function tagsOf({ id, kind, profile, kecamatan, simulated }: KnownDevice) {
  return { deviceId: id, kind, profile, areaCode: kecamatan, simulated }
}
