import type { Fix } from '../../../domain/transit/fix.ts'
import type { DeviceStore, StoredDevice } from '../connection/store.ts'

/** The last fixes of each mover, oldest first; bounded in time and number. */
export interface Tracks {
  of(id: string): readonly Fix[]
  stop(): void
}

const trailMs = 600_000
const maxFixes = 600

/** A reading that is not newer than the last fix, or brings no position, is no fix. */
function fixOf({ view }: StoredDevice, last: Fix | undefined): Fix | undefined {
  if (view.lat === null || view.lon === null || view.measuredAt === null) return undefined
  const measuredAtMs = Date.parse(view.positionAt ?? view.measuredAt)
  if (last !== undefined && measuredAtMs <= last.measuredAtMs) return undefined
  const receivedAtMs = view.receivedAt === null ? measuredAtMs : Date.parse(view.receivedAt)
  return { lat: view.lat, lon: view.lon, measuredAtMs, receivedAtMs }
}

/** Keeps the fixes of everything that moves, as the store receives them. */
export function createTracks(options: { store: DeviceStore; moves: (device: StoredDevice) => boolean }): Tracks {
  const { store, moves } = options
  const tracks = new Map<string, Fix[]>()

  function apply(device: StoredDevice): void {
    if (!moves(device)) return
    const track = tracks.get(device.view.id) ?? []
    const fix = fixOf(device, track.at(-1))
    if (fix === undefined) return
    track.push(fix)
    const oldest = fix.measuredAtMs - trailMs
    while (track.length > maxFixes || (track.length > 2 && (track[0]?.measuredAtMs ?? 0) < oldest)) track.shift()
    tracks.set(device.view.id, track)
  }

  function listen(touched: readonly StoredDevice[]): void {
    for (const device of touched) apply(device)
    for (const id of tracks.keys()) if (!store.devices.has(id)) tracks.delete(id)
  }

  for (const device of store.devices.values()) apply(device)
  const stop = store.subscribe(listen)
  return { of: (id) => tracks.get(id) ?? [], stop }
}
