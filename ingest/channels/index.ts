import type { JournalEntry } from '../../contract/ports/journal.ts'
import type { UplinkChannel } from '../../contract/topics.ts'
import type { KnownDevice } from '../directory.ts'
import type { Channel } from './channel.ts'
import { createEventChannel, type EventParts } from './event.ts'
import { createLinkChannel, type LinkParts } from './link.ts'
import { createManualChannel, type ManualParts } from './manual.ts'
import { createStatusChannel, type StatusParts } from './status.ts'
import { createTelemetryChannel, type TelemetryParts } from './telemetry.ts'

export type ChannelParts = TelemetryParts & StatusParts & EventParts & LinkParts & ManualParts

/** The messages of devices by the last level of their topic; `link` handles what the broker itself writes of a connection. */
export interface Channels extends Record<UplinkChannel, Channel> {
  /** `undefined`: the change concerns all devices, or one that was removed meanwhile. */
  link: Channel<KnownDevice | undefined, JournalEntry>
  /** What persons read by eye. */
  manual: Channel
}

export function createChannels(parts: ChannelParts): Channels {
  const event = createEventChannel(parts)
  return {
    telemetry: createTelemetryChannel(parts),
    status: createStatusChannel(parts),
    event,
    'command-result': event,
    link: createLinkChannel(parts),
    manual: createManualChannel(parts),
  }
}
