import { eventMessageSchema, readingLimits } from '../../contract/reading.ts'
import type { DeviceEvent } from '../../storage/telemetry/sqlite/sqlite-events.ts'
import { parseJson } from '../adapters/index.ts'
import type { Parsed } from '../adapters/native.ts'
import type { Channel } from './channel.ts'

export interface EventParts {
  saveEvent: (event: DeviceEvent) => void
}

/** Keeps what happened once, as it came, under the type that it names. */
export function createEventChannel(parts: EventParts): Channel {
  return createKeeper(parts, (json) => {
    const event = eventMessageSchema.safeParse(json)
    if (event.success) return { ok: true, value: event.data.type }
    return { ok: false, reason: 'invalid-event', detail: 'an event is {"type": …}' }
  })
}

/** Keeps what became of a command, among the events. */
export function createCommandResultChannel(parts: EventParts): Channel {
  return createKeeper(parts, () => ({ ok: true, value: 'command-result' }))
}

function createKeeper({ saveEvent }: EventParts, typeOf: (json: unknown) => Parsed<string>): Channel {
  function parseType(payload: Uint8Array): Parsed<string> {
    if (payload.length > readingLimits.bytesPerReading)
      return { ok: false, reason: 'too-large', detail: 'an event has at most 8 KiB' }
    const json = parseJson(payload)
    return json.ok ? typeOf(json.value) : json
  }

  return ({ payload, receivedAtMs, readings: n }, device, sink) => {
    const type = parseType(payload)
    if (!type.ok) return sink.refuse({ reason: type.reason, detail: type.detail, n, payload })
    saveEvent({ deviceId: device.id, atMs: receivedAtMs, type: type.value, payload })
    sink.stored(n)
  }
}
