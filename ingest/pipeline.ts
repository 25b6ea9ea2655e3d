import type { JournalEntry, LinkChange } from '../contract/ports.ts'
import { eventMessageSchema, type RejectReason, readingLimits } from '../contract/reading.ts'
import { type DeviceTopic, isUplinkChannel, parseDeviceTopic, type UplinkChannel } from '../contract/topics.ts'
import { normalize, parseJson } from './adapters/index.ts'
import type { KnownDevice } from './directory.ts'
import { gatherRefusals, type Refuse } from './quarantine.ts'
import { followLink } from './steps/link.ts'
import type { DeviceEvent } from './store/sqlite-events.ts'
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
}

type Routed = { channel: UplinkChannel; device: KnownDevice } | { reason: RejectReason; detail: string }

/** Topics whose parts are remembered; a fleet has fewer, a flood of made-up ones must not fill the memory. */
const mostTopics = 50_000

/** Sends each journal entry to what its topic names. */
export function createPipeline(parts: PipelineParts): Pipeline {
  const { topicRoot, siteTimeZone, memories, ledger, device, saveEvent } = parts
  const telemetry = createTelemetryIntake(parts)
  const topics = new Map<string, DeviceTopic>()

  function parseTopic(topic: string): DeviceTopic | undefined {
    const known = topics.get(topic)
    if (known !== undefined) return known
    const parsed = parseDeviceTopic(topicRoot, topic)
    if (topics.size > mostTopics) topics.clear()
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

  const channels: Record<UplinkChannel, (entry: JournalEntry, device: KnownDevice, way: Way) => void> = {
    telemetry: telemetry.take,
    status: takeStatus,
    event: takeEvent,
    'command-result': takeEvent,
  }

  function takeMessage(entry: JournalEntry, { refuse: pass, again }: Way): void {
    const { refuse, end } = gatherRefusals(entry, pass)
    const routed = route(entry.topic)
    if ('channel' in routed) channels[routed.channel](entry, routed.device, { refuse, again })
    else refuse({ ...routed, n: entry.readings, payload: entry.payload })
    end()
  }

  function takeLink(entry: JournalEntry): void {
    // Written by our own broker, in this shape.
    const change = JSON.parse(Buffer.from(entry.payload).toString()) as LinkChange
    const affected = change.event === 'broker-started' ? memories.all() : [memories.get(entry.principal)]
    for (const memory of affected) if (followLink(memory, change, entry.receivedAtMs)) memories.touch(memory)
  }

  function takeStatus(entry: JournalEntry, { id }: KnownDevice, { refuse, again }: Way): void {
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
    if (!again || receivedAtMs >= heardSinceMs) {
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
    return (item) => ledger.reject({ ...item, atMs, topic, deviceId: parseTopic(topic)?.deviceId ?? null })
  }

  return {
    take(entry) {
      if (entry.type === 'link') takeLink(entry)
      else if (entry.type === 'message') takeMessage(entry, { refuse: quarantine(entry), again: false })
    },
    takeAgain: (entry, refuse) => takeMessage(entry, { refuse, again: true }),
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
