import type { StateChange } from '../../contract/ports/states.ts'
import type { DeviceStateChange, StateTable } from '../../storage/telemetry/states/state-table.ts'
import type { KnownDevice } from '../directory.ts'

/** The newest change of state of a device. */
export interface KeptState extends StateChange {
  id: string
  /** Earliest moment at which it is in the queue. */
  dueMs: number
}

export interface KeptStatesParts {
  table: StateTable
  changed: (change: DeviceStateChange, device: KnownDevice | undefined) => void
}

/** The newest change of each device, as the table has it: whatever becomes the newest is written there, and told. */
export interface KeptStates {
  /** A device that has no history yet begins now, in a state that none can be in. */
  of(id: string): KeptState
  /** `undefined`: it has none. */
  find(id: string): KeptState | undefined
  all(): Iterable<KeptState>
  keep(known: KeptState, change: StateChange, device: KnownDevice | undefined): void
  /** From memory only. */
  drop(id: string): void
  clear(): void
}

export function createKeptStates({ table, changed }: KeptStatesParts): KeptStates {
  const kept = new Map<string, KeptState>()
  for (const { deviceId, ...change } of table.newest()) {
    kept.set(deviceId, { ...change, id: deviceId, dueMs: Number.POSITIVE_INFINITY })
  }

  function enter(id: string): KeptState {
    const entered: KeptState = { id, state: 'unknown', cause: null, atMs: 0, dueMs: Number.POSITIVE_INFINITY }
    kept.set(id, entered)
    return entered
  }

  return {
    of: (id) => kept.get(id) ?? enter(id),
    find: (id) => kept.get(id),
    all: () => kept.values(),
    keep(known, { atMs, state, cause }, device) {
      known.atMs = atMs
      known.state = state
      known.cause = cause
      const change = { deviceId: known.id, atMs, state, cause }
      table.save(change)
      changed(change, device)
    },
    drop(id) {
      kept.delete(id)
    },
    clear() {
      kept.clear()
    },
  }
}
