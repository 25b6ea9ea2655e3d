import type { DeviceView } from '../../../contract/http/devices.ts'
import type { Delta, DeviceChange, Snapshot } from '../../../contract/live.ts'

/** One device as the server last described it. The raw values: nothing in `views/` may import this file. */
export interface StoredDevice {
  view: DeviceView
  /** Goes up with every change of it. */
  revision: number
}

export type DeltaOutcome = 'applied' | 'gap' | 'waiting'

export interface DeviceStore {
  readonly devices: ReadonlyMap<string, StoredDevice>
  applySnapshot(frame: Snapshot): void
  /** `gap`: a frame is missing, ask for a snapshot. `waiting`: it was asked for, deltas mean nothing until it is here. */
  applyDelta(frame: Delta): DeltaOutcome
  /** Calls back after each frame with the devices it touched. Returns a way to stop. */
  subscribe(listener: (touched: readonly StoredDevice[]) => void): () => void
  /** Server time of the newest reading of any device, ms. */
  newestReceivedAtMs(): number | null
}

function merge(view: DeviceView, change: DeviceChange): DeviceView {
  return { ...view, ...change }
}

function newest(known: number | null, view: DeviceView): number | null {
  if (view.receivedAt === null) return known
  return Math.max(known ?? 0, Date.parse(view.receivedAt))
}

/** Holds the city as the server tells it: a snapshot, then deltas numbered one by one. */
export function createDeviceStore(): DeviceStore {
  const devices = new Map<string, StoredDevice>()
  const listeners = new Set<(touched: readonly StoredDevice[]) => void>()
  let seq: number | null = null
  let newestReceived: number | null = null

  function announce(touched: readonly StoredDevice[]): void {
    for (const listener of listeners) listener(touched)
  }

  function put(view: DeviceView): StoredDevice {
    const known = devices.get(view.id)
    const stored = { view, revision: (known?.revision ?? 0) + 1 }
    devices.set(view.id, stored)
    newestReceived = newest(newestReceived, view)
    return stored
  }

  function change(one: DeviceChange): StoredDevice | undefined {
    const known = devices.get(one.id)
    // A device that was registered since the snapshot comes whole.
    if (known === undefined) return 'profile' in one && 'expectedS' in one ? put(one as DeviceView) : undefined
    return put(merge(known.view, one))
  }

  return {
    devices,
    applySnapshot(frame) {
      const present = new Set(frame.devices.map((device) => device.id))
      for (const id of devices.keys()) if (!present.has(id)) devices.delete(id)
      seq = frame.seq
      announce(frame.devices.map(put))
    },
    applyDelta(frame) {
      if (seq === null) return 'waiting'
      if (frame.seq <= seq) return 'applied'
      if (frame.seq !== seq + 1) {
        seq = null
        return 'gap'
      }
      seq = frame.seq
      for (const id of frame.removed ?? []) devices.delete(id)
      announce(frame.changes.flatMap((one) => change(one) ?? []))
      return 'applied'
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    newestReceivedAtMs: () => newestReceived,
  }
}
