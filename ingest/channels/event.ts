import { commandOutcomeIn } from '../../contract/command-result.ts'
import type { CommandResult } from '../../contract/feed.ts'
import type { DeviceEvent } from '../../storage/telemetry/sqlite/sqlite-events.ts'
import type { Channel } from './channel.ts'
import { parseEntry } from './parse-entry.ts'

export interface EventParts {
  saveEvent: (event: DeviceEvent) => void
  /** Told of each answer to a command. */
  heardResult: (result: CommandResult) => void
}

/** Keeps what happened once, as it came, under the type that it names; so also what became of a command. */
export function createEventChannel({ saveEvent, heardResult }: EventParts): Channel {
  return (entry, device, sink) => {
    const { payload, receivedAtMs, readings: n } = entry
    const { readings, refused } = parseEntry(entry)
    for (const part of refused) sink.refuse(part)
    const type = readings[0]?.event
    if (type === undefined) return
    saveEvent({ deviceId: device.id, atMs: receivedAtMs, type, payload })
    if (entry.channel === 'command-result') {
      const outcome = commandOutcomeIn(Buffer.from(payload).toString())
      if (outcome !== undefined) heardResult({ ...outcome, deviceId: device.id, atMs: receivedAtMs })
    }
    sink.stored(n)
  }
}
