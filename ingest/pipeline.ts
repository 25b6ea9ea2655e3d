import { manualChannel } from '../contract/manual.ts'
import type { JournalEntry } from '../contract/ports/journal.ts'
import type { RejectReason } from '../contract/reading.ts'
import { isUplinkChannel, type UplinkChannel } from '../contract/topics.ts'
import type { Refuse } from '../storage/telemetry/quarantine.ts'
import { addressOf, type FormatAddress } from './adapters/index.ts'
import { type ChannelParts, createChannels } from './channels/index.ts'
import type { KnownDevice } from './directory.ts'
import { type Outcome, openSink, type SinkParts } from './sink.ts'

export interface MessagePipeline {
  /** Takes one journal entry in. Everything it changes belongs to the caller's transaction. */
  process(entry: JournalEntry): void
  /** The same for a message out of quarantine; what is refused again goes to `refuse` instead, and nothing is recounted. */
  retry(entry: JournalEntry, refuse: Refuse): Outcome
}

export type PipelineParts = ChannelParts &
  SinkParts & {
    topicRoot: string
    device: (id: string) => KnownDevice | undefined
  }

interface Route extends FormatAddress {
  channel: UplinkChannel
}

type Routed = { route: Route; device: KnownDevice } | { reason: RejectReason; detail: string }

/** Topics whose parts are remembered; a fleet has fewer, a flood of made-up ones must not fill the memory. */
const maxTopics = 50_000

/** Sends each journal entry to the channel that its topic names. */
export function createPipeline(parts: PipelineParts): MessagePipeline {
  const { topicRoot, ledger, device, inFlight } = parts
  const channels = createChannels(parts)
  const addresses = new Map<string, FormatAddress>()
  /** Something of the message that is being taken went to quarantine. */
  let refusedSome = false

  function addressed(topic: string): FormatAddress | undefined {
    const known = addresses.get(topic)
    if (known !== undefined) return known
    const address = addressOf(topic, topicRoot)
    if (addresses.size > maxTopics) addresses.clear()
    if (address !== undefined) addresses.set(topic, address)
    return address
  }

  function route(topic: string): Routed {
    const address = addressed(topic)
    if (address === undefined || !isUplink(address)) {
      return { reason: 'unknown-topic', detail: 'the topic is none that is listened to' }
    }
    const { deviceId, kind } = address
    const registered = device(deviceId)
    if (registered === undefined) return { reason: 'unknown-device', detail: `${deviceId} is not registered` }
    if (kind === undefined || registered.kind === kind) return { route: address, device: registered }
    return { reason: 'wrong-kind', detail: `${deviceId} is a ${registered.kind}, the topic says ${kind}` }
  }

  function processMessage(entry: JournalEntry, again: boolean, pass: Refuse): Outcome {
    const { sink, close } = openSink(parts, entry, again, pass)
    const routed = route(entry.topic)
    if ('route' in routed) {
      const { route: at, device: of } = routed
      channels[at.channel]({ ...entry, ...at, kind: of.kind }, of, sink)
    } else sink.refuse({ ...routed, n: entry.readings, payload: entry.payload })
    return close()
  }

  function processOnce(entry: JournalEntry): void {
    const before = inFlight.processedBefore(entry)
    if (before !== undefined) return countAgain(entry, before)
    refusedSome = false
    const { readings, recognizable } = processMessage(entry, false, quarantine(entry))
    ledger.recount(entry.readings, readings)
    inFlight.follow(entry, { readings, keyed: recognizable && !refusedSome })
  }

  /** Counts what is sent again by the readings that it had the first time; earlier releases did not remember them. */
  function countAgain(entry: JournalEntry, before: number): void {
    const readings = Math.max(before, entry.readings)
    ledger.recount(entry.readings, readings)
    ledger.duplicate(readings)
  }

  function quarantine(entry: JournalEntry): Refuse {
    const { topic, receivedAtMs: atMs } = entry
    return (item) => {
      refusedSome = true
      ledger.reject({ ...item, atMs, topic, deviceId: addressed(topic)?.deviceId ?? null })
    }
  }

  function processLink(entry: JournalEntry): void {
    const { sink } = openSink(parts, entry, false, quarantine(entry))
    channels.link(entry, device(entry.principal), sink)
  }

  function processManual(entry: JournalEntry): void {
    const { sink, close } = openSink(parts, entry, false, quarantine(entry))
    const address = addressed(entry.topic)
    const registered = address === undefined ? undefined : device(address.deviceId)
    const of = { n: entry.readings, payload: entry.payload }
    if (address?.channel !== manualChannel)
      sink.refuse({ reason: 'unknown-topic', detail: 'the topic is none of a reading by hand', ...of })
    else if (registered === undefined)
      sink.refuse({ reason: 'unknown-device', detail: `${address.deviceId} is not registered`, ...of })
    else channels.manual({ ...entry, ...address, kind: registered.kind }, registered, sink)
    ledger.recount(entry.readings, close().readings)
  }

  return {
    process(entry) {
      if (entry.type === 'link') processLink(entry)
      else if (entry.type === 'manual') processManual(entry)
      else if (entry.type === 'message') processOnce(entry)
      else if (entry.type === 'release') inFlight.release(entry.principal, entry.packetId ?? 0)
    },
    retry: (entry, refuse) => processMessage(entry, true, refuse),
  }
}

function isUplink(address: FormatAddress): address is Route {
  return isUplinkChannel(address.channel)
}
