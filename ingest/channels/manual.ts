import { findMetric } from '../../contract/metrics.ts'
import type { ManualReading } from '../../contract/ports/telemetry.ts'
import {
  futureToleranceMs,
  type Metrics,
  manualWordsSchema,
  type Reading,
  type RejectReason,
} from '../../contract/reading.ts'
import type { Role } from '../../contract/roles.ts'
import { iso } from '../../contract/time.ts'
import type { DeviceLiveState, DeviceStates } from '../device-state.ts'
import type { KnownDevice } from '../directory.ts'
import { checkPlausible } from '../steps/plausibility.ts'
import type { Channel, MessageEntry } from './channel.ts'
import { parseEntry } from './parse-entry.ts'

export interface ManualParts {
  retentionMs: number
  memories: DeviceStates
  /** Returns the reading as it is kept; `undefined`: it says nothing new. */
  saveManual: (device: KnownDevice, reading: ManualReading) => ManualReading | undefined
}

interface Fault {
  reason: RejectReason
  detail: string
}

/** What a person says besides the values. */
interface Words {
  role: Role
  note: string | null
}

type Judged = ({ ok: true; reading: Reading & { ts: number } } & Words) | ({ ok: false } & Fault)

const actorPrefix = 'user:'

/**
 * Takes readings that a person took by eye. They lie apart from what the device measured, and of its live state they touch
 * `manual` alone: nobody who reads a staff brings a device back. The api has told the person all that is refused here;
 * a reading is taken whole or not at all, since nobody knows which of its values was meant.
 */
export function createManualChannel({ retentionMs, memories, saveManual }: ManualParts): Channel {
  function judge(entry: MessageEntry): Judged {
    const { readings, refused } = parseEntry({ ...entry, channel: 'telemetry' })
    const [first] = refused
    if (first !== undefined) return { ok: false, reason: first.reason, detail: first.detail }
    const [reading] = readings
    const words = wordsOf(entry.payload)
    if (
      readings.length !== 1 ||
      reading === undefined ||
      words === undefined ||
      !entry.principal.startsWith(actorPrefix)
    )
      return { ok: false, reason: 'nothing-measured', detail: 'this is not one reading of one person' }
    return judgeReading(reading, words)
  }

  function judgeReading(reading: Reading, words: Words): Judged {
    const fault = timeFault(reading) ?? valueFault(reading)
    if (fault !== undefined) return { ok: false, ...fault }
    return { ok: true, reading: { ...reading, ts: reading.ts ?? reading.receivedAt }, ...words }
  }

  function timeFault({ ts, receivedAt }: Reading): Fault | undefined {
    if (ts === null) return { reason: 'invalid-time', detail: 'no usable time' }
    if (ts > receivedAt + futureToleranceMs) return { reason: 'invalid-time', detail: `${iso(ts)} is to come` }
    if (ts >= receivedAt - retentionMs) return undefined
    return { reason: 'older-than-retention', detail: `${iso(ts)} lies before what is kept` }
  }

  return (entry, device, sink) => {
    const judged = judge(entry)
    if (!judged.ok) {
      const { reason, detail } = judged
      return sink.refuse({ reason, detail, n: entry.readings, payload: entry.payload })
    }
    const { reading, role, note } = judged
    const kept = saveManual(device, {
      atMs: reading.ts,
      receivedAtMs: entry.receivedAtMs,
      author: entry.principal.slice(actorPrefix.length),
      role,
      metrics: numbersOf(reading.metrics),
      note,
    })
    if (kept === undefined) return sink.duplicate(1)
    sink.stored(1)
    const memory = memories.get(device.id)
    if (!isNewer(memory, kept.atMs, entry.receivedAtMs)) return
    memory.manual = { atMs: kept.atMs, role, metrics: withFlags(kept.metrics) }
    memories.touch(memory)
  }
}

/** What lies further ahead than any reading may was remembered before our clock was set back. */
function isNewer({ manual }: DeviceLiveState, atMs: number, nowMs: number): boolean {
  return manual === null || atMs >= manual.atMs || manual.atMs > nowMs + futureToleranceMs
}

function valueFault(reading: Reading): Fault | undefined {
  const [aside] = reading.setAside ?? []
  if (aside !== undefined) return { reason: aside.reason, detail: aside.detail }
  const unknown = Object.keys(reading.metrics).find((name) => findMetric(name) === undefined)
  if (unknown !== undefined) return { reason: 'invalid-metric', detail: `${unknown} is no metric` }
  const { faults, details } = checkPlausible(reading)
  return faults.length === 0 ? undefined : { reason: 'implausible', detail: details.join(', ') }
}

function wordsOf(payload: Uint8Array): Words | undefined {
  // The format has parsed these bytes already.
  const parsed = manualWordsSchema.safeParse(JSON.parse(new TextDecoder().decode(payload)))
  return parsed.success ? { role: parsed.data.role, note: parsed.data.note ?? null } : undefined
}

function numbersOf(metrics: Metrics): Record<string, number> {
  return Object.fromEntries(Object.entries(metrics).map(([name, value]) => [name, Number(value)]))
}

function withFlags(numbers: Record<string, number>): Metrics {
  const isFlag = (name: string) => findMetric(name)?.type === 'boolean'
  return Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, isFlag(name) ? value !== 0 : value]))
}
