import type { LiveDevice } from '../../contract/feed.ts'
import type { Device, DeviceView } from '../../contract/http/devices.ts'
import { findMetric } from '../../contract/metrics.ts'
import type { StoredReading } from '../../contract/ports/telemetry.ts'
import type { Metrics } from '../../contract/reading.ts'
import { iso } from '../../contract/time.ts'
import { measuredAtMs } from '../../domain/live-facts.ts'
import type { DeviceRecord, KeyFacts } from '../../storage/registry/devices/device-record.ts'

/** How often a device reports, as the registry or its profile declares, and whether it moves. */
export interface ReportingRate {
  /** Its position changes. */
  moving: boolean
  expectedS: number
}

/** The parts of a view that change only when something is heard or registered; the state is worked out apart. */
export type DeviceFacts = Omit<DeviceView, 'state' | 'stateSince' | 'stateReason' | 'maintenance'>

/** Fields of {@link DeviceFacts} that may change. */
export const factKeys = [
  'kind',
  'profile',
  'name',
  'areaCode',
  'simulated',
  'expectedS',
  'lat',
  'lon',
  'positionAt',
  'measuredAt',
  'receivedAt',
  'metrics',
  'metricsAt',
  'link',
  'status',
  'frozen',
  'disabled',
  'clockWrong',
  'skewMs',
  'duplicate',
  'flappingUntil',
  'faults',
  'manual',
] as const satisfies readonly (keyof DeviceFacts)[]

/** Joins what the registry and ingest know of one device. */
export function deviceFacts(record: DeviceRecord, rate: ReportingRate, live: LiveDevice | undefined): DeviceFacts {
  return {
    id: record.id,
    kind: record.kind,
    profile: record.profile,
    name: record.name,
    areaCode: record.areaCode,
    simulated: record.simulated,
    expectedS: rate.expectedS,
    ...positionOf(record, rate, live),
    measuredAt: iso(measuredAtMs(live)),
    receivedAt: iso(live?.receivedAtMs),
    metrics: live?.metrics ?? {},
    metricsAt: timesOf(live?.olderMs ?? {}),
    link: {
      state: live?.link.state ?? 'unknown',
      since: live === undefined || live.link.state === 'unknown' ? null : iso(live.link.sinceMs),
      reason: live?.link.reason ?? null,
    },
    status: live?.status ?? null,
    frozen: live?.frozen ?? false,
    disabled: record.disabled,
    clockWrong: live?.clockWrong ?? false,
    skewMs: wholeSeconds(live?.skewMs ?? null),
    duplicate: live?.duplicate ?? false,
    flappingUntil: iso(live?.flappingUntilMs),
    faults: live?.faults ?? [],
    manual: manualOf(live),
  }
}

function manualOf(live: LiveDevice | undefined): DeviceFacts['manual'] {
  const manual = live?.manual ?? null
  return manual === null ? null : { at: iso(manual.atMs), role: manual.role, metrics: manual.metrics }
}

/** A view that changes with every hop of the network would be sent as often. */
function wholeSeconds(ms: number | null): number | null {
  return ms === null ? null : Math.round(ms / 1000) * 1000
}

/** A mover is where it says; what stands is where it was registered, and where it says only if that is unknown. */
function positionOf(record: DeviceRecord, { moving }: ReportingRate, live: LiveDevice | undefined) {
  const heard = live !== undefined && live.lat !== null && live.lon !== null
  const registered = record.lat !== null && record.lon !== null
  if (!heard || (registered && !moving)) return { lat: record.lat, lon: record.lon, positionAt: null }
  const older = live.positionAtMs !== null && live.measuredAtMs !== null && live.positionAtMs < live.measuredAtMs
  return { lat: live.lat, lon: live.lon, positionAt: older ? iso(live.positionAtMs) : null }
}

function timesOf(olderMs: Record<string, number>): Record<string, string> {
  const times: Record<string, string> = {}
  for (const name of Object.keys(olderMs)) times[name] = iso(olderMs[name] ?? 0)
  return times
}

/** What the store's newest reading of a device tells, until ingest's own feed is there. */
export function liveFromStore(reading: StoredReading): LiveDevice {
  return {
    id: reading.deviceId,
    measuredAtMs: Math.min(reading.tsMs, reading.receivedAtMs),
    receivedAtMs: reading.receivedAtMs,
    tsSource: reading.tsSource,
    clockWrong: false,
    lat: reading.lat ?? null,
    lon: reading.lon ?? null,
    positionAtMs: reading.lat === undefined ? null : reading.tsMs,
    metrics: withFlags(reading.metrics),
    olderMs: {},
    link: { state: 'unknown', sinceMs: reading.receivedAtMs, reason: null },
    duplicate: false,
    flappingUntilMs: null,
    status: null,
    statusReason: null,
    frozen: false,
    skewMs: null,
    faults: [],
    manual: null,
  }
}

/** Stores keep booleans as 1 and 0. */
function withFlags(stored: Record<string, number>): Metrics {
  const metrics: Metrics = {}
  for (const [name, number] of Object.entries(stored)) {
    metrics[name] = findMetric(name)?.type === 'boolean' ? number !== 0 : number
  }
  return metrics
}

/** A view with what only the registry holds. */
export function deviceOf(view: DeviceView, record: DeviceRecord): Device {
  return {
    ...view,
    parentId: record.parentId,
    opd: record.opd,
    createdAt: iso(record.createdAtMs),
    ...keyTimes(record),
  }
}

/** The same names on the command line. */
export function keyTimes(facts: KeyFacts) {
  const { oldKey } = facts
  return {
    keyCreatedAt: iso(facts.keyCreatedAtMs),
    keyUsedAt: iso(facts.keyUsedAtMs),
    oldKey:
      oldKey === null
        ? null
        : {
            createdAt: iso(oldKey.createdAtMs),
            usedAt: iso(oldKey.usedAtMs),
            until: iso(oldKey.untilMs),
          },
    revokedAt: iso(facts.revokedAtMs),
    certificateUsedAt: iso(facts.certificateUsedAtMs),
    certificatesFrom: iso(facts.certificatesFromMs),
  }
}

/** The same device in a time that was set by so much. */
export function movedBy(live: LiveDevice, byMs: number): LiveDevice {
  const moved = (ms: number | null) => (ms === null ? null : ms + byMs)
  return {
    ...live,
    measuredAtMs: moved(live.measuredAtMs),
    receivedAtMs: moved(live.receivedAtMs),
    positionAtMs: moved(live.positionAtMs),
    olderMs: Object.fromEntries(Object.entries(live.olderMs).map(([name, ms]) => [name, ms + byMs])),
    link: { ...live.link, sinceMs: live.link.sinceMs + byMs },
    manual: live.manual && { ...live.manual, atMs: live.manual.atMs + byMs },
  }
}
