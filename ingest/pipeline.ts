import type { JournalEntry } from '../contract/ports/journal.ts'
import type { RejectReason } from '../contract/reading.ts'
import { type DeviceTopic, isUplinkChannel, parseDeviceTopic, type UplinkChannel } from '../contract/topics.ts'
import type { Refuse } from '../storage/telemetry/quarantine.ts'
import { type ChannelParts, createChannels } from './channels/index.ts'
import type { KnownDevice } from './directory.ts'
import { openSink, type SinkParts } from './sink.ts'

export interface Pipeline {
  /** Takes one journal entry in. Everything it changes belongs to the caller's transaction. */
  take(entry: JournalEntry): void
  /** The same for a message out of quarantine; what is refused again goes to `refuse` instead. */
  takeAgain(entry: JournalEntry, refuse: Refuse): void
}

export type PipelineParts = ChannelParts & SinkParts & { device: (id: string) => KnownDevice | undefined }

type Routed = { channel: UplinkChannel; device: KnownDevice } | { reason: RejectReason; detail: string }

/** Topics whose parts are remembered; a fleet has fewer, a flood of made-up ones must not fill the memory. */
const maxTopics = 50_000

/** Sends each journal entry to the channel that its topic names. */
export function createPipeline(parts: PipelineParts): Pipeline {
  const { topicRoot, ledger, device, inFlight } = parts
  const channels = createChannels(parts)
  const topics = new Map<string, DeviceTopic>()
  /** Something of the message that is being taken went to quarantine. */
  let refusedSome = false

  function parseTopic(topic: string): DeviceTopic | undefined {
    const known = topics.get(topic)
    if (known !== undefined) return known
    const parsed = parseDeviceTopic(topicRoot, topic)
    if (topics.size > maxTopics) topics.clear()
    if (parsed !== undefined) topics.set(topic, parsed)
    return parsed
  }

  function route(topic: string): Routed {
    const target = parseTopic(topic)
    if (target === undefined || !isUplinkChannel(target.channel)) {
      return { reason: 'unknown-topic', detail: 'the topic is none that is listened to' }
    }
    const registered = device(target.deviceId)
    if (registered === undefined) return { reason: 'unknown-device', detail: `${target.deviceId} is not registered` }
    if (registered.kind === target.kind) return { channel: target.channel, device: registered }
    return { reason: 'wrong-kind', detail: `${registered.id} is a ${registered.kind}, the topic says ${target.kind}` }
  }

  /** Returns whether the store recognizes the message by itself when it is sent again. */
  function takeMessage(entry: JournalEntry, again: boolean, pass: Refuse): boolean {
    const { sink, end, isRecognizable } = openSink(parts, entry, again, pass)
    const routed = route(entry.topic)
    if ('channel' in routed) channels[routed.channel](entry, routed.device, sink)
    else sink.refuse({ ...routed, n: entry.readings, payload: entry.payload })
    end()
    return isRecognizable()
  }

  function takeOnce(entry: JournalEntry): void {
    if (inFlight.isRedelivery(entry)) return ledger.duplicate(entry.readings)
    refusedSome = false
    const recognizable = takeMessage(entry, false, quarantine(entry))
    inFlight.follow(entry, recognizable && !refusedSome)
  }

  function quarantine(entry: JournalEntry): Refuse {
    const { topic, receivedAtMs: atMs } = entry
    return (item) => {
      refusedSome = true
      ledger.reject({ ...item, atMs, topic, deviceId: parseTopic(topic)?.deviceId ?? null })
    }
  }

  function takeLink(entry: JournalEntry): void {
    const { sink } = openSink(parts, entry, false, quarantine(entry))
    channels.link(entry, device(entry.principal), sink)
  }

  return {
    take(entry) {
      if (entry.type === 'link') takeLink(entry)
      else if (entry.type === 'message') takeOnce(entry)
      else if (entry.type === 'release') inFlight.release(entry.principal, entry.packetId ?? 0)
    },
    takeAgain: (entry, refuse) => void takeMessage(entry, true, refuse),
  }
}
