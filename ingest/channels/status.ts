import type { DeviceEvent } from '../../storage/telemetry/sqlite/sqlite-events.ts'
import type { DeviceStates } from '../device-state.ts'
import { expectedMsOf, isVisiting } from '../steps/visits.ts'
import type { Channel } from './channel.ts'
import { parseEntry } from './parse-entry.ts'

export interface StatusParts {
  memories: DeviceStates
  saveEvent: (event: DeviceEvent) => void
}

/** Takes a device's own word for how it is, and keeps it among the events. */
export function createStatusChannel({ memories, saveEvent }: StatusParts): Channel {
  return (entry, device, sink) => {
    const { id } = device
    const { payload, receivedAtMs, readings: n } = entry
    const { readings, refused } = parseEntry(entry)
    for (const part of refused) sink.refuse(part)
    const { status, statusReason = null } = readings[0] ?? {}
    if (status === undefined) return
    const memory = memories.get(id)
    const heardSinceMs = Math.max(memory.receivedAtMs ?? 0, memory.link.sinceMs)
    const ofVisit = entry.will === true && isVisiting(memory, expectedMsOf(device))
    if (!ofVisit && (!sink.again || receivedAtMs >= heardSinceMs)) {
      memory.status = status
      memory.statusReason = statusReason
      memories.touch(memory)
    }
    saveEvent({ deviceId: id, atMs: receivedAtMs, type: `status-${status}`, payload })
    sink.stored(n)
  }
}
