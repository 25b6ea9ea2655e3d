import type { DeviceEvent } from '../../storage/telemetry/sqlite/sqlite-events.ts'
import { normalize } from '../adapters/index.ts'
import type { DeviceStates } from '../device-state.ts'
import { expectedMsOf, isVisiting } from '../steps/visits.ts'
import type { Channel } from './channel.ts'

export interface StatusParts {
  topicRoot: string
  memories: DeviceStates
  saveEvent: (event: DeviceEvent) => void
}

/** Takes a device's own word for how it is, and keeps it among the events. */
export function createStatusChannel({ topicRoot, memories, saveEvent }: StatusParts): Channel {
  return (entry, device, sink) => {
    const { id } = device
    const { payload, receivedAtMs, readings: n } = entry
    const [said] = normalize(entry.topic, payload, {
      topicRoot,
      receivedAt: receivedAtMs,
      refuse: (reason, detail) => sink.refuse({ reason, detail, n, payload }),
    })
    if (said?.status === undefined) return
    const memory = memories.get(id)
    const heardSinceMs = Math.max(memory.receivedAtMs ?? 0, memory.link.sinceMs)
    const ofVisit = entry.will === true && isVisiting(memory, expectedMsOf(device))
    if (!ofVisit && (!sink.again || receivedAtMs >= heardSinceMs)) {
      memory.status = said.status
      memory.statusReason = said.statusReason ?? null
      memories.touch(memory)
    }
    saveEvent({ deviceId: id, atMs: receivedAtMs, type: `status-${said.status}`, payload })
    sink.stored(n)
  }
}
