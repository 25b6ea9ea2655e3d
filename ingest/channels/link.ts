import type { LinkChange } from '../../contract/ports/journal.ts'
import type { DeviceLiveState, DeviceStates } from '../device-state.ts'
import type { KnownDevice } from '../directory.ts'
import type { InFlight } from '../in-flight.ts'
import { followLink } from '../steps/link.ts'
import { expectedMsOf } from '../steps/visits.ts'
import type { Channel } from './channel.ts'

export interface LinkParts {
  memories: DeviceStates
  inFlight: InFlight
}

/** Follows the connections of devices. A change counts for no reading. */
export function createLinkChannel({ memories, inFlight }: LinkParts): Channel<KnownDevice | undefined> {
  /** Nothing is remembered of a device that was removed meanwhile. */
  function affectedBy(change: LinkChange, device: KnownDevice | undefined): Iterable<DeviceLiveState> {
    if (change.event === 'broker-started') return memories.all()
    return device === undefined ? [] : [memories.get(device.id)]
  }

  return ({ payload, principal, receivedAtMs }, device) => {
    // Written by our own broker, in this shape.
    const change = JSON.parse(Buffer.from(payload).toString()) as LinkChange
    if (change.event === 'connected') inFlight.begin(principal, change)
    const step = { change, atMs: receivedAtMs, expectedMs: device === undefined ? 0 : expectedMsOf(device) }
    for (const memory of affectedBy(change, device)) if (followLink(memory, step)) memories.touch(memory)
  }
}
