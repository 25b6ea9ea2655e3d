import type { JournalEntry, LinkChange } from '../contract/ports/journal.ts'
import { eventMessageSchema, type RejectReason, readingLimits } from '../contract/reading.ts'
import { type DeviceTopic, isUplinkChannel, parseDeviceTopic, type UplinkChannel } from '../contract/topics.ts'
import { gatherRefusals, type Refuse } from '../storage/telemetry/quarantine.ts'
import type { DeviceEvent } from '../storage/telemetry/sqlite/sqlite-events.ts'
import { normalize, parseJson } from './adapters/index.ts'
import type { DeviceLiveState } from './device-state.ts'
import type { KnownDevice } from './directory.ts'
import type { InFlight } from './in-flight.ts'
import { followLink } from './steps/link.ts'
import { expectedMsOf, isVisiting } from './steps/visits.ts'
import { createTelemetryIntake, type TelemetryParts, type Way } from './telemetry.ts'

export interface Pipeline {
  /** Takes one journal entry in. Everything it changes belongs to the caller's transaction. */
  take(entry: JournalEntry): void
  /** The same for a message out of quarantine; what is refused again goes to `refuse` instead. */
  takeAgain(entry: JournalEntry, refuse: Refuse): void
}

export interface PipelineParts extends TelemetryParts {
  device: (id: string) => KnownDevice | undefined
  saveEvent: (event: DeviceEvent) => void
  inFlight: InFlight
}

type Routed = { channel: UplinkChannel; device: KnownDevice } | { reason: RejectReason; detail: string }

/** Topics whose parts are remembered; a fleet has fewer, a flood of made-up ones must not fill the memory. */
const maxTopics = 50_000

/** Sends each journal entry to what its topic names. */
export function createPipeline(parts: PipelineParts): Pipeline {
  const { topicRoot, siteTimeZone, memories, ledger, device, saveEvent, inFlight } = parts
  const telemetry = createTelemetryIntake(parts)
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

  /** Each returns whether the store knows the message again by itself. */
  const channels: Record<UplinkChannel, (entry: JournalEntry, device: KnownDevice, way: Way) => boolean> = {
    telemetry: telemetry.take,
    status: unkeyed(takeStatus),
    event: unkeyed(takeEvent),
    'command-result': unkeyed(takeEvent),
  }

  function takeMessage(entry: JournalEntry, { refuse: pass, again }: Way): boolean {
    const { refuse, end } = gatherRefusals(entry, pass)
    const routed = route(entry.topic)
    let keyed = false
    if ('channel' in routed) keyed = channels[routed.channel](entry, routed.device, { refuse, again })
    else refuse({ ...routed, n: entry.readings, payload: entry.payload })
    end()
    return keyed
  }

  function takeOnce(entry: JournalEntry): void {
    if (inFlight.isRedelivery(entry)) return ledger.duplicate(entry.readings)
    refusedSome = false
    const keyed = takeMessage(entry, { refuse: quarantine(entry), again: false })
    inFlight.follow(entry, keyed && !refusedSome)
  }

  function takeLink(entry: JournalEntry): void {
    // Written by our own broker, in this shape.
    const change = JSON.parse(Buffer.from(entry.payload).toString()) as LinkChange
    if (change.event === 'connected') inFlight.begin(entry.principal, change)
    const known = device(entry.principal)
    const step = { change, atMs: entry.receivedAtMs, expectedMs: known === undefined ? 0 : expectedMsOf(known) }
    for (const memory of affectedBy(change, known)) if (followLink(memory, step)) memories.touch(memory)
  }

  /** Of a device that was removed meanwhile nothing is remembered. */
  function affectedBy(change: LinkChange, known: KnownDevice | undefined): Iterable<DeviceLiveState> {
    if (change.event === 'broker-started') return memories.all()
    return known === undefined ? [] : [memories.get(known.id)]
  }

  function takeStatus(entry: JournalEntry, known: KnownDevice, { refuse, again }: Way): void {
    const { id } = known
    const { payload, receivedAtMs, readings: n } = entry
    const [said] = normalize(entry.topic, payload, {
      topicRoot,
      siteTimeZone,
      receivedAt: receivedAtMs,
      refuse: (reason, detail) => refuse({ reason, detail, n, payload }),
    })
    if (said?.status === undefined) return
    const memory = memories.get(id)
    const heardSinceMs = Math.max(memory.receivedAtMs ?? 0, memory.link.sinceMs)
    const ofVisit = entry.will === true && isVisiting(memory, expectedMsOf(known))
    if (!ofVisit && (!again || receivedAtMs >= heardSinceMs)) {
      memory.status = said.status
      memory.statusReason = said.statusReason ?? null
      memories.touch(memory)
    }
    saveEvent({ deviceId: id, atMs: receivedAtMs, type: `status-${said.status}`, payload })
    ledger.stored(n)
  }

  function takeEvent(entry: JournalEntry, { id }: KnownDevice, { refuse }: Way): void {
    const { payload, receivedAtMs, readings: n } = entry
    const event = parseEvent(entry)
    if ('reason' in event) return refuse({ ...event, n, payload })
    saveEvent({ deviceId: id, atMs: receivedAtMs, type: event.type, payload })
    ledger.stored(n)
  }

  function quarantine(entry: JournalEntry): Refuse {
    const { topic, receivedAtMs: atMs } = entry
    return (item) => {
      refusedSome = true
      ledger.reject({ ...item, atMs, topic, deviceId: parseTopic(topic)?.deviceId ?? null })
    }
  }

  return {
    take(entry) {
      if (entry.type === 'link') takeLink(entry)
      else if (entry.type === 'message') takeOnce(entry)
      else if (entry.type === 'release') inFlight.release(entry.principal, entry.packetId ?? 0)
    },
    takeAgain: (entry, refuse) => void takeMessage(entry, { refuse, again: true }),
  }
}

type Take = (entry: JournalEntry, device: KnownDevice, way: Way) => void

function unkeyed(take: Take): (...parts: Parameters<Take>) => boolean {
  return (...parts) => {
    take(...parts)
    return false
  }
}

function parseEvent({ topic, payload }: JournalEntry): { type: string } | { reason: RejectReason; detail: string } {
  if (payload.length > readingLimits.bytesPerReading)
    return { reason: 'too-large', detail: 'an event has at most 8 KiB' }
  const json = parseJson(payload)
  if (!json.ok) return { reason: json.reason, detail: json.detail }
  if (topic.endsWith('/command-result')) return { type: 'command-result' }
  const event = eventMessageSchema.safeParse(json.value)
  return event.success ? { type: event.data.type } : { reason: 'invalid-event', detail: 'an event is {"type": …}' }
}
