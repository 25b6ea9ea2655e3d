import { findProfile } from '../../contract/profiles/index.ts'
import type { StateFacts } from '../../domain/device-state.ts'
import { stateFacts } from '../../domain/live-facts.ts'
import { windowAt } from '../../domain/maintenance.ts'
import { nextStateMs, type Unwatched, type WatchedVerdict, watchedState } from '../../domain/watched-state.ts'
import { longestSilenceMs } from '../../storage/telemetry/states/read-states.ts'
import type { DeviceLiveState } from '../device-state.ts'
import type { KnownDevice } from '../directory.ts'
import { expectedMsOf } from '../steps/visits.ts'
import { createDueQueue } from './due-queue.ts'
import { createKeptStates, type KeptState, type KeptStatesParts } from './kept-states.ts'

/**
 * Keeps when each device changed its state. Its clock is that of the journal, which says something each second while the
 * broker runs: what time alone changes is told for the moment of the rule, however late or often the journal is read, and while the
 * journal says nothing nobody is judged. All calls belong inside the transaction of the journal's position.
 */
export interface StateKeeper {
  /** The journal has come to this moment: tells what time alone changed until then. Before the entry is taken in. */
  advance(atMs: number, brokerStarted: boolean): void
  /** Judges devices of which something was heard at that moment. */
  heard(devices: Iterable<DeviceLiveState>): void
  /** State of a device as it stands; `undefined`: it was not judged yet. */
  stateOf(id: string): Pick<KeptState, 'state' | 'cause'> | undefined
  /** Follows the registry where it was changed since the last call. */
  followRegistry(): void
}

export interface StateKeeperParts extends KeptStatesParts {
  /** Arrival of the newest entry that was taken in, ms; 0: none was. */
  clock: { heardMs(): number; setHeard(ms: number): void }
  registry: StateRegistry
  /** What was heard of a device, if anything was. */
  liveState: (id: string) => DeviceLiveState | undefined
}

export interface StateRegistry {
  get(id: string): KnownDevice | undefined
  all(): Iterable<KnownDevice>
  /** Another number after each change. */
  revision(): number
}

/** A device at a moment, beside what is kept of it. */
interface Evaluation {
  facts: StateFacts
  known: KeptState
  found: WatchedVerdict
  isAsBefore: boolean
}

/** Says when the state began that a device is found in, ms. */
type BeginOf = (found: WatchedVerdict, known: KeptState, device: KnownDevice) => number

const neverHeard = { state: 'unknown', cause: 'never-heard' } as const
/** A change of the registry is known here within that time. */
const noticedWithinMs = 10_000

export function createStateKeeper({ table, clock, registry, liveState, changed }: StateKeeperParts): StateKeeper {
  const kept = createKeptStates({ table, changed })
  const queue = createDueQueue<KeptState>()
  const untilMs = table.unwatchedUntilMs()
  let unwatched: Unwatched | null = untilMs === null ? null : { untilMs }
  let revision: number | undefined

  function factsOf(device: KnownDevice, nowMs: number) {
    return stateFacts(
      {
        disabled: device.disabled,
        moving: findProfile(device.profile)?.moving ?? false,
        expectedMs: expectedMsOf(device),
        maintenance: windowAt(device.maintenance, nowMs),
      },
      liveState(device.id),
    )
  }

  function evaluate(device: KnownDevice, nowMs: number): Evaluation {
    const facts = factsOf(device, nowMs)
    const known = kept.of(device.id)
    const found = watchedState(facts, unwatched, nowMs)
    return { facts, known, found, isAsBefore: found.state === known.state && found.cause === known.cause }
  }

  function judge(device: KnownDevice, nowMs: number, beginOf: BeginOf): void {
    settle(device, evaluate(device, nowMs), nowMs, beginOf)
  }

  function settle(
    device: KnownDevice,
    { facts, known, found, isAsBefore }: Evaluation,
    nowMs: number,
    beginOf: BeginOf,
  ): void {
    if (!isAsBefore) kept.keep(known, { ...found, atMs: Math.max(known.atMs, beginOf(found, known, device)) }, device)
    const dueMs = nextStateMs(facts, unwatched, nowMs)
    if (dueMs < known.dueMs) {
      known.dueMs = dueMs
      queue.add(known, dueMs)
    }
  }

  function judgeAll(nowMs: number, beginOf: BeginOf): void {
    for (const device of registry.all()) judge(device, nowMs, beginOf)
  }

  function applyDue(upToMs: number): void {
    for (let due = queue.takeDue(upToMs); due !== undefined; due = queue.takeDue(upToMs)) {
      const { key, ms } = due
      // One that was put in again for an earlier moment stands in the queue twice.
      if (key.dueMs !== ms) continue
      key.dueMs = Number.POSITIVE_INFINITY
      const device = registry.get(key.id)
      // A value is live with its limit: the rule names the last moment of that, and we come one later.
      if (device !== undefined) judge(device, ms, ({ sinceMs }) => (sinceMs === ms - 1 ? sinceMs : ms))
    }
  }

  function waitFrom(ms: number): void {
    unwatched = { untilMs: ms }
    table.setUnwatchedUntil(ms)
  }

  /** Nobody could be heard between these moments: a state that needs hearing is not known from the first one on. */
  function passUnwatched(fromMs: number, toMs: number): void {
    waitFrom(toMs)
    judgeAll(fromMs, () => fromMs)
    applyDue(toMs)
  }

  /** Our clock was set back: all history begins again at what it shows. */
  function beginAgain(atMs: number): void {
    table.forgetAfter(atMs)
    queue.clear()
    kept.clear()
    waitFrom(atMs)
    judgeAll(atMs, () => atMs)
  }

  return {
    advance(atMs, brokerStarted) {
      const clockMs = clock.heardMs()
      if (clockMs === 0) judgeAll(atMs, () => atMs)
      else if (atMs < clockMs - longestSilenceMs) beginAgain(atMs)
      else if (atMs - clockMs > longestSilenceMs || (brokerStarted && atMs > clockMs)) passUnwatched(clockMs, atMs)
      else applyDue(atMs)
      if (atMs > clockMs || atMs < clockMs - longestSilenceMs) clock.setHeard(atMs)
    },
    heard(devices) {
      const nowMs = clock.heardMs()
      for (const { id } of devices) {
        const device = registry.get(id)
        if (device === undefined) continue
        const seen = evaluate(device, nowMs)
        if (!isWellAsBefore(seen)) settle(device, seen, nowMs, () => nowMs)
      }
    },
    stateOf: kept.find,
    followRegistry() {
      const nowMs = clock.heardMs()
      if (nowMs === 0 || revision === registry.revision()) return
      revision = registry.revision()
      judgeAll(nowMs, (_found, { atMs }, device) => boundaryBefore(device, atMs, nowMs))
      for (const known of kept.all()) {
        if (registry.get(known.id) !== undefined) continue
        // Who bears its id later is another.
        if (known.cause !== neverHeard.cause)
          kept.keep(known, { ...neverHeard, atMs: Math.max(known.atMs, nowMs) }, undefined)
        kept.drop(known.id)
      }
    },
  }
}

/** It is due later than it was, and will be looked at when it was due: nearly all messages end here. */
function isWellAsBefore({ known, isAsBefore }: Evaluation): boolean {
  return isAsBefore && known.state === 'online' && known.cause === null && known.dueMs !== Number.POSITIVE_INFINITY
}

/** Begin or end of a maintenance that was noticed a moment later; else now. */
function boundaryBefore({ maintenance }: KnownDevice, afterMs: number, nowMs: number): number {
  const earliestMs = Math.max(afterMs, nowMs - noticedWithinMs)
  const bounds = maintenance.flatMap(({ fromMs, untilMs }) => [fromMs, untilMs])
  return bounds.findLast((ms) => ms > earliestMs && ms <= nowMs) ?? nowMs
}
