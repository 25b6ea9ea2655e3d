import type { StateLine } from '../../contract/feed.ts'
import type { FollowStates } from '../../contract/ports/feed.ts'
import { stateEveryMs, stateSilenceMs, stateText, type ToldState } from '../../contract/told-state.ts'
import { unwatchedState } from '../../domain/told-state.ts'

/** States of all devices, while somebody listens to them; the retained messages of `state` topics. */
export interface ToldStates {
  /** Somebody listens, or nobody any more; then it is all forgotten after a while. */
  want(wanted: boolean): void
  /** Payload; empty for a device that is registered no more; `undefined`: nothing is known of it. */
  payloadOf(device: string): Buffer | undefined
  /** Whether anything can be told: what is so now, or that nobody knows. */
  mayTell(): boolean
  /** Devices of which something is told. */
  devices(): Iterable<string>
  /** Forgets devices that are registered no more, where everybody was told. */
  tidy(isOwed: (device: string) => boolean): void
  status(): 'off' | 'current' | 'away'
  /** Devices that are in memory. */
  readonly size: number
  stop(): void
}

export interface ToldStatesParts {
  follow: FollowStates
  /** What is told of this device has changed. `isFirst`: it is what all devices are told to be at the beginning. */
  changed: (device: string, isFirst: boolean) => void
  /** What could not be told can be told now. */
  current: () => void
  now: () => number
}

interface Told {
  state: ToldState
  payload: Buffer
  /** Number of the beginning since which it was told last. */
  round: number
}

/** Who comes back within this time does not have all devices told anew. */
const lingerMs = 10_000
const lookEveryMs = 500
const gonePayload = Buffer.alloc(0)
/** A moment as `stateText` writes it first; behind it stands what can be equal. */
const tsBytes = '{"ts":"2000-01-01T00:00:00.000Z",'.length

/**
 * Keeps what ingest says of devices. While ingest does not say that it has read the journal up to now, nobody is told anything;
 * past `stateSilenceMs` the state of every device is `unknown`, which is told as any other, until it is known again.
 */
export function createToldStates({ follow, changed, current, now }: ToldStatesParts): ToldStates {
  const told = new Map<string, Told>()
  let stopFollowing: (() => void) | undefined
  let looking: NodeJS.Timeout | undefined
  let round = 0
  /** It was told whole, and goes on. */
  let isWhole = false
  const linger = createLinger(() => stop())
  const freshness = createFreshness(now)
  const { isFresh } = freshness
  let isAway = false
  let awayMs = 0

  const mayTell = () => isAway || (isWhole && isFresh())

  function put(device: string, atMs: number, state: ToldState): void {
    const before = told.get(device)
    const payload = isAway ? payloadAway(now(), state) : Buffer.from(stateText(atMs, state))
    told.set(device, { state, payload, round })
    if (before === undefined || !isEqual(before.payload, payload)) changed(device, before === undefined && !isWhole)
  }

  function putGone(device: string): void {
    const before = told.get(device)
    if (before === undefined || before.payload === gonePayload) return
    before.payload = gonePayload
    changed(device, false)
  }

  function apply(line: StateLine): void {
    switch (line.type) {
      case 'begin':
        round += 1
        isWhole = false
        return
      case 'state':
        return put(`${line.kind}/${line.id}`, line.atMs, line.told)
      case 'gone':
        return putGone(`${line.kind}/${line.id}`)
      case 'end':
        for (const [device, one] of told) if (one.round !== round) putGone(device)
        isWhole = true
        return look()
      case 'clock':
        freshness.said(line.atMs)
        return look()
    }
  }

  function look(): void {
    if (!isAway && !isFresh()) beAway()
    if (!isWhole || !isFresh()) return
    // Of no device more often than promised.
    if (isAway && performance.now() - awayMs < stateEveryMs) return
    if (isAway) beBack()
    current()
  }

  function beBack(): void {
    isAway = false
    const atMs = now()
    for (const [device, { payload, state }] of told) if (payload !== gonePayload) put(device, atMs, state)
  }

  /** The last words are kept: where ingest goes on it says only what has changed. */
  function beAway(): void {
    isAway = true
    awayMs = performance.now()
    const atMs = now()
    const present = [...told].filter(([, { payload }]) => payload !== gonePayload)
    for (const [device, one] of present) {
      one.payload = payloadAway(atMs, one.state)
      changed(device, false)
    }
    current()
  }

  function start(): void {
    freshness.said(now())
    isWhole = false
    isAway = false
    stopFollowing = follow({
      line: apply,
      connected(up) {
        if (!up) isWhole = false
      },
    })
    looking = setInterval(look, lookEveryMs)
  }

  function stop(): void {
    linger.hold()
    clearInterval(looking)
    stopFollowing?.()
    stopFollowing = undefined
    told.clear()
  }

  return {
    want(wanted) {
      if (wanted) linger.hold()
      if (wanted && stopFollowing === undefined) start()
      if (!wanted && stopFollowing !== undefined) linger.letGo()
    },
    payloadOf: (device) => told.get(device)?.payload,
    mayTell,
    devices: () => told.keys(),
    tidy(isOwed) {
      for (const [device, { payload }] of told) if (payload === gonePayload && !isOwed(device)) told.delete(device)
    },
    status() {
      if (stopFollowing === undefined) return 'off'
      return isWhole && isFresh() ? 'current' : 'away'
    },
    get size() {
      return told.size
    },
    stop,
  }
}

/** Ends work that nobody needs any more after a while, unless somebody needs it again. */
function createLinger(end: () => void) {
  let timer: NodeJS.Timeout | undefined
  return {
    hold(): void {
      clearTimeout(timer)
      timer = undefined
    },
    letGo(): void {
      timer ??= setTimeout(end, lingerMs)
    },
  }
}

/** Whether ingest has said of late up to when the journal was read, and that this is now. */
function createFreshness(now: () => number) {
  let clockMs = 0
  /** On the clock of `performance.now()`. */
  let saidMs = 0
  return {
    said(atMs: number): void {
      clockMs = atMs
      saidMs = performance.now()
    },
    isFresh: () => now() - clockMs <= stateSilenceMs && performance.now() - saidMs <= stateSilenceMs,
  }
}

function payloadAway(atMs: number, state: ToldState): Buffer {
  return Buffer.from(stateText(atMs, unwatchedState(state)))
}

function isEqual(one: Buffer, other: Buffer): boolean {
  return one.subarray(tsBytes).equals(other.subarray(tsBytes))
}
