import type { NameBook } from '../../contract/metric-names.ts'
import type { StoredReading } from '../../contract/ports/telemetry.ts'
import { findProfile } from '../../contract/profiles/index.ts'
import { type Metrics, type Reading, readingLimits } from '../../contract/reading.ts'
import { iso } from '../../contract/time.ts'
import { ageLimits } from '../../domain/device-state.ts'
import type { Ledger } from '../../storage/telemetry/ledger.ts'
import type { WriteOutcome } from '../../storage/telemetry/sqlite/sqlite-writer.ts'
import type { DeviceLiveState, DeviceStates } from '../device-state.ts'
import type { KnownDevice } from '../directory.ts'
import { followFrozen } from '../steps/frozen.ts'
import { followPicture, forgetFuture } from '../steps/live-state.ts'
import { admitNames } from '../steps/names.ts'
import type { Surroundings } from '../steps/place.ts'
import { checkPlausible } from '../steps/plausibility.ts'
import { followSkew, type Stamped, stampMessage } from '../steps/stamp.ts'
import { expectedMsOf } from '../steps/visits.ts'
import type { Channel, MessageEntry, Sink } from './channel.ts'
import { parseEntry } from './parse-entry.ts'

export interface TelemetryParts {
  retentionMs: number
  /** Where a position can be; absent: anywhere. */
  surroundings?: Surroundings | undefined
  memories: DeviceStates
  ledger: Ledger
  store: (reading: StoredReading) => WriteOutcome
}

/** One message of one device on its way through the steps. */
interface Message {
  entry: MessageEntry
  device: KnownDevice
  memory: DeviceLiveState
  sink: Sink
  /** It says nothing but this one reading. */
  isSingle: boolean
}

const encoder = new TextEncoder()
const maxDetailChars = 500

/** Takes measurements in; the order of the calls in `processReading` is the policy. */
export function createTelemetryChannel(parts: TelemetryParts): Channel {
  const { memories, ledger, retentionMs, surroundings, store } = parts

  function processEntry(entry: MessageEntry, device: KnownDevice, sink: Sink): void {
    const memory = memories.get(device.id)
    const { readings, refused, ignored } = parseEntry(entry, nameBook(memory))
    if (ignored > 0) ledger.note('ignoredFields', ignored)
    for (const part of refused) sink.refuse(part)
    if (readings.length === 0) return
    const isSingle = readings.length + refused.length === 1
    const stamps = processReadings(readings, { entry, device, memory, sink, isSingle })
    if (stamps.every(({ tsSource }) => tsSource === 'device')) sink.recognizable()
  }

  function nameBook(memory: DeviceLiveState): NameBook {
    return {
      owners: memory.nameOwners,
      changed: () => memories.touch(memory),
      isUsed: (name) => memory.metrics[name] !== undefined || memory.namesMs[name] !== undefined,
    }
  }

  function processReadings(readings: readonly Reading[], message: Message): Stamped[] {
    const { memory, entry, device, sink } = message
    const { again } = sink
    if (!again) forgetFuture(memory, entry.receivedAtMs)
    const stamps = stampMessage(readings, again ? { ...memory, stampedAtMs: 0 } : memory, retentionMs)
    for (const [index, reading] of readings.entries()) {
      const stamped = stamps[index]
      if (stamped !== undefined) processReading(reading, stamped, message)
    }
    if (!again) followSkew(memory, { readings, stamps, quietMs: quietMs(device) })
    memories.touch(memory)
    return stamps
  }

  /** Parts that say nothing usable are told, one note a reason; returns what they were to be. */
  function noteSetAside(reading: Reading, message: Message): string[] {
    const { setAside } = reading
    const { sink } = message
    if (setAside === undefined) return []
    const payload = () => bytesOf(reading, message)
    for (const reason of new Set(setAside.map((part) => part.reason))) {
      const details = setAside.filter((part) => part.reason === reason).map(({ detail }) => detail)
      sink.refuse({ reason, detail: details.join(', ').slice(0, maxDetailChars), n: 0, payload })
    }
    ledger.note('unusableValues', setAside.length)
    return setAside.map(({ name }) => name).filter((name) => name !== '')
  }

  function processReading(reading: Reading, stamped: Stamped, message: Message): void {
    const { entry, device, sink } = message
    if (stamped.tsMs < entry.receivedAtMs - retentionMs) {
      const detail = `${iso(stamped.tsMs)} lies before what is kept`
      return sink.refuse({ reason: 'older-than-retention', detail, n: 1, payload: () => bytesOf(reading, message) })
    }
    const believed = believedOf(reading, message)
    if (believed === undefined) return
    const metrics = namedMetrics(believed, message)
    if (metrics === undefined) return
    const stored = toStored(believed, metrics, stamped, device)
    const outcome = store(stored)
    if (outcome === 'too-many-past-days') {
      const detail = `${iso(stamped.tsMs)} lies in one of too many past days within a short time`
      return sink.refuse({ reason: outcome, detail, n: 1, payload: () => bytesOf(reading, message) })
    }
    noteClock(stamped)
    if (outcome === 'duplicate') return sink.duplicate(1)
    sink.forward(stored)
    follow(believed, metrics, stamped, message)
  }

  /** The reading without what cannot be; `undefined`: nothing is left. What cannot be is kept as a note. */
  function believedOf(given: Reading, message: Message): Reading | undefined {
    const { memory, sink } = message
    const unusable = noteSetAside(given, message)
    const { reading, faults, details } = checkPlausible(given, surroundings)
    const all = [...unusable, ...faults]
    if (all.length > 0 || memory.faults.length > 0) memory.faults = all
    if (faults.length === 0) return reading
    const nothingLeft = Object.keys(reading.metrics).length === 0 && reading.lat === undefined
    const n = nothingLeft ? 1 : 0
    sink.refuse({ reason: 'implausible', detail: details.join(', '), n, payload: () => bytesOf(given, message) })
    ledger.note('implausibleValues', faults.length)
    return nothingLeft ? undefined : reading
  }

  /** What is left of those without names past the bound of the device, told in the same way. */
  function namedMetrics(reading: Reading, message: Message): Metrics | undefined {
    const { memory, sink } = message
    const { metrics, nameless } = admitNames(memory, reading.metrics, reading.receivedAt)
    if (nameless.length === 0) return metrics
    const nothingLeft = Object.keys(metrics).length === 0 && reading.lat === undefined
    const detail = `${nameless.length} names more than the ${readingLimits.otherNamesPerDevice} of a device: ${nameless[0]}`
    sink.refuse({ reason: 'too-many-names', detail, n: nothingLeft ? 1 : 0, payload: () => bytesOf(reading, message) })
    ledger.note('namelessValues', nameless.length)
    return nothingLeft ? undefined : metrics
  }

  function noteClock({ clockFixed, tsSource }: Stamped): void {
    if (clockFixed) ledger.note('clockFixed')
    else if (tsSource === 'server') ledger.note('serverStamped')
  }

  function follow(reading: Reading, metrics: Metrics, stamped: Stamped, { memory, device }: Message): void {
    if (stamped.superseded || !followPicture(memory, reading, metrics, stamped)) return ledger.note('late')
    followFrozen(memory, metrics, findProfile(device.profile))
  }

  return processEntry
}

/** After so long without a live message a device sends late ones only. */
function quietMs(device: KnownDevice): number {
  const moving = findProfile(device.profile)?.moving ?? false
  return ageLimits({ expectedMs: expectedMsOf(device), moving }).staleMs
}

function toStored(
  { deviceId, kind, receivedAt, lat, lon }: Reading,
  metrics: Metrics,
  { tsMs, tsSource }: Stamped,
  { profile, kecamatan, simulated }: KnownDevice,
): StoredReading {
  const numbers: Record<string, number> = {}
  for (const name in metrics) numbers[name] = Number(metrics[name])
  const stored: StoredReading = {
    deviceId,
    kind,
    profile,
    areaCode: kecamatan,
    tsMs,
    receivedAtMs: receivedAt,
    tsSource,
    simulated,
    metrics: numbers,
  }
  if (lat !== undefined && lon !== undefined) {
    stored.lat = lat
    stored.lon = lon
  }
  return stored
}

/** The message as it came where it held this reading alone; else the reading as it could be sent alone. */
function bytesOf({ ts, lat, lon, seq, metrics, setAside = [] }: Reading, { entry, isSingle }: Message): Uint8Array {
  if (isSingle) return entry.payload
  const alone = [...Object.entries({ ts, lat, lon, seq, ...metrics }), ...setAside.flatMap(({ fields }) => fields)]
  return encoder.encode(JSON.stringify(Object.fromEntries(alone)))
}
