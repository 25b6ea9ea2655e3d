import type { JournalEntry, LinkChange } from '../../contract/ports/journal.ts'
import type { DeviceEvent } from '../../storage/telemetry/sqlite/sqlite-events.ts'
import type { DeviceLiveState, DeviceStates } from '../device-state.ts'
import type { KnownDevice } from '../directory.ts'
import type { InFlight } from '../in-flight.ts'
import { followLink } from '../steps/link.ts'
import { expectedMsOf } from '../steps/visits.ts'
import type { Channel } from './channel.ts'

export interface LinkParts {
  memories: DeviceStates
  inFlight: InFlight
  saveLink: (event: DeviceEvent) => void
}

/** Follows the connections of devices, and keeps what became of each. A change counts for no reading. */
export function createLinkChannel({
  memories,
  inFlight,
  saveLink,
}: LinkParts): Channel<KnownDevice | undefined, JournalEntry> {
  /** Nothing is remembered of a device that was removed meanwhile. */
  function affectedBy(change: LinkChange, device: KnownDevice | undefined): Iterable<DeviceLiveState> {
    if (change.event === 'broker-started') return memories.all()
    return device === undefined ? [] : [memories.get(device.id)]
  }

  return ({ payload, principal, receivedAtMs }, device) => {
    // Written by our own broker, in this shape.
    const change = JSON.parse(Buffer.from(payload).toString()) as LinkChange
    if (change.event === 'connected') inFlight.begin(principal, change)
    if (device !== undefined) {
      saveLink({ deviceId: device.id, atMs: receivedAtMs, type: `link-${change.event}`, payload })
    }
    const step = { change, atMs: receivedAtMs, expectedMs: device === undefined ? 0 : expectedMsOf(device) }
    for (const memory of affectedBy(change, device)) if (followLink(memory, step)) memories.touch(memory)
  }
}
