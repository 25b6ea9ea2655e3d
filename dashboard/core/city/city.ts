import type { DeviceView } from '../../../contract/http/devices.ts'
import { type DeviceState, deviceStates, type LinkState, type StateReason } from '../../../contract/state.ts'
import { msOf } from '../../../contract/time.ts'
import type { Kind } from '../../../contract/topics.ts'
import { deviceState, isFlapping, isLive, type StateFacts, type StateVerdict } from '../../../domain/device-state.ts'
import type { Span } from '../../../domain/span.ts'
import { viewFacts } from '../../../domain/view-facts.ts'
import type { DeviceStore, StoredDevice } from '../connection/store.ts'
import { type Known, knownIf, unknown } from './known.ts'
import { type Live, type LostForMs, type Moment, sealLive, shownState } from './live.ts'
import { type SeenManual, sealManual } from './manual.ts'
import { type ProfileLook, profileLook } from './profile-look.ts'

/** One device as a view may see it: identity and state in the open, every measured value sealed. */
export interface SeenDevice {
  id: string
  kind: Kind
  profile: string
  look: ProfileLook
  name: string
  areaCode: string | null
  simulated: boolean
  state: DeviceState
  /** Server time, ms; `null` when nobody knows. */
  stateSinceMs: number | null
  stateReason: StateReason | null
  expectedMs: number
  measuredAtMs: number | null
  /** When its newest message arrived, by the server's clock, ms. */
  receivedAtMs: number | null
  /** Age of the newest reading, ms. */
  ageMs: number | null
  link: { state: LinkState; sinceMs: number | null; reason: string | null }
  clockWrong: boolean
  /** How far its time is behind the server's, ms; negative: ahead. */
  skewMs: number | null
  /** Two clients fight over its key. */
  duplicate: boolean
  flapping: boolean
  /** That is running, or the next. */
  maintenance: Span | null
  faults: readonly string[]
  /** Where it is, or was last; only ever drawn with the mark of its state. */
  place: { lat: number; lon: number } | null
  metrics: ReadonlyMap<string, Live<number | boolean>>
  /** The newest reading by hand; `null`: none was entered. */
  manual: SeenManual | null
  /** Changes with each reading. */
  revision: number
}

/** `never`: no snapshot yet, so that an empty list means nothing. `lost`: what is there is the past. */
export type Presence = 'never' | 'lost' | 'present'

export interface CityView {
  moment: Moment
  devices: readonly SeenDevice[]
  byId: ReadonlyMap<string, SeenDevice>
  /** What can be said of the devices as a whole: nothing before the first snapshot, and of the present nothing while the server is away. */
  presence: Presence
  /** Devices that are not out of service. */
  registered: Known<number>
  count: Known<Record<DeviceState, number>>
  live: Known<number>
  /** One simulated device is enough. */
  simulated: boolean
  /** Age of the newest reading of any device, ms. */
  dataAgeMs: number | null
  /** Age of the newest entry that came all the way here, though no device had to send it, ms. */
  canaryAgeMs: number | null
}

interface Sealed {
  revision: number
  facts: StateFacts
  seen: SeenDevice
}

function seal({ view, revision }: StoredDevice): Sealed {
  const look = profileLook(view.kind, view.profile)
  const facts = viewFacts(view, look.moving)
  const { measuredAtMs } = facts
  const faults = new Set(view.faults)
  const metrics = new Map(
    Object.entries(view.metrics).map(([name, value]) => {
      const older = view.metricsAt[name]
      const at = older === undefined ? measuredAtMs : Date.parse(older)
      return [name, sealLive(value, at, facts, faults.has(name))]
    }),
  )
  const place = view.lat === null || view.lon === null ? null : { lat: view.lat, lon: view.lon }
  const seen: SeenDevice = {
    ...identity(view),
    look,
    measuredAtMs,
    receivedAtMs: msOf(view.receivedAt),
    metrics,
    // A server of an older release, while it is replaced, tells none.
    manual: sealManual(view.manual ?? null),
    revision,
    place,
    ageMs: null,
    flapping: false,
    maintenance: facts.maintenance,
  }
  return { revision, facts, seen }
}

function identity(view: DeviceView) {
  const { id, kind, profile, name, areaCode, simulated, state, stateReason, clockWrong, skewMs } = view
  return {
    id,
    kind,
    profile,
    name,
    areaCode,
    simulated,
    state,
    stateReason,
    clockWrong,
    skewMs,
    duplicate: view.duplicate,
    faults: view.faults,
    stateSinceMs: msOf(view.stateSince),
    expectedMs: view.expectedS * 1000,
    link: { state: view.link.state, sinceMs: msOf(view.link.since), reason: view.link.reason },
  }
}

/** Begin of the state that is shown, ms; the server's word where only it can have seen it begin. */
function sinceMs({ seen, facts }: Sealed, verdict: StateVerdict, state: DeviceState, nowMs: number): number | null {
  if (state !== verdict.state) return seen.measuredAtMs ?? nowMs
  if (verdict.sinceMs !== null) return verdict.sinceMs
  if (state === seen.state) return seen.stateSinceMs
  if (facts.maintenance !== null && seen.stateReason === 'maintenance' && isLive(state))
    return facts.maintenance.untilMs
  return seen.measuredAtMs ?? nowMs
}

/** Reason of the state. What came after the server was lost is not known: nothing is said to be silent that may well send. */
function reasonAt(facts: StateFacts, verdict: StateVerdict, { nowMs, lostForMs }: Moment): StateReason | null {
  if (lostForMs === null || verdict.state === 'disabled') return verdict.reason
  return deviceState({ ...facts, maintenance: null }, nowMs - lostForMs).reason
}

function atMoment(sealed: Sealed, moment: Moment): SeenDevice {
  const { seen, facts } = sealed
  const { nowMs, lostForMs } = moment
  const verdict = deviceState(facts, nowMs)
  const state = shownState(verdict.state, lostForMs)
  const ageMs = seen.measuredAtMs === null ? null : Math.max(0, nowMs - seen.measuredAtMs)
  const stateReason = reasonAt(facts, verdict, moment)
  const maintenance = nowMs < (facts.maintenance?.untilMs ?? 0) ? facts.maintenance : null
  const stateSinceMs = sinceMs(sealed, verdict, state, nowMs)
  return { ...seen, state, flapping: isFlapping(facts, nowMs), ageMs, stateSinceMs, stateReason, maintenance }
}

/** Before the first snapshot: nobody knows anything. */
export function emptyCity(nowMs: number): CityView {
  return {
    moment: { nowMs, lostForMs: null },
    devices: [],
    byId: new Map(),
    presence: 'never',
    registered: unknown,
    count: unknown,
    live: unknown,
    simulated: false,
    dataAgeMs: null,
    canaryAgeMs: null,
  }
}

function countStates(devices: readonly SeenDevice[]): Record<DeviceState, number> {
  // Every state is a key: it is made from the list of all of them.
  const count = Object.fromEntries(deviceStates.map((state) => [state, 0])) as Record<DeviceState, number>
  for (const { state } of devices) count[state]++
  return count
}

/** Works out the city at a moment; a device that did not change keeps its sealed values. */
export function createCityView({ store }: { store: DeviceStore }): { at(nowMs: number, lost: LostForMs): CityView } {
  const sealed = new Map<string, Sealed>()

  function current(stored: StoredDevice): Sealed {
    const known = sealed.get(stored.view.id)
    if (known?.revision === stored.revision) return known
    const fresh = seal(stored)
    sealed.set(stored.view.id, fresh)
    return fresh
  }

  function forget(): void {
    if (sealed.size === store.devices.size) return
    for (const id of sealed.keys()) if (!store.devices.has(id)) sealed.delete(id)
  }

  return {
    at(nowMs, lostForMs) {
      const moment = { nowMs, lostForMs }
      const devices: SeenDevice[] = []
      const byId = new Map<string, SeenDevice>()
      for (const stored of store.devices.values()) {
        const seen = atMoment(current(stored), moment)
        devices.push(seen)
        byId.set(seen.id, seen)
      }
      forget()
      const newest = store.newestReceivedAtMs()
      const dataAgeMs = newest === null ? null : Math.max(0, nowMs - newest)
      const presence = lostForMs === null ? 'present' : 'lost'
      const count = countStates(devices)
      return {
        ...emptyCity(nowMs),
        moment,
        devices,
        byId,
        dataAgeMs,
        presence,
        registered: devices.length - count.disabled,
        count: knownIf(presence === 'present', count),
        live: knownIf(presence === 'present', devices.filter(({ state }) => isLive(state)).length),
        simulated: devices.some(({ simulated }) => simulated),
      }
    },
  }
}
