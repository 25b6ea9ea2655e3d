import type { Writable } from 'node:stream'
import type { LiveDevice, StateLine } from '../../contract/feed.ts'
import { findProfile } from '../../contract/profiles/index.ts'
import type { DeviceState, StateCause } from '../../contract/state.ts'
import { stateEveryMs, type ToldState } from '../../contract/told-state.ts'
import type { Kind } from '../../contract/topics.ts'
import { toldState } from '../../domain/told-state.ts'
import type { KnownDevice, KnownDevices } from '../directory.ts'

/** Tells whoever listens the state of every device, each at most once a second. Nothing is done while nobody listens. */
export interface StateFeed {
  /** A new listener: it gets all devices, then what changes. */
  add(stream: Writable): void
  /** Something of this device may have changed; it is looked at behind the transaction. */
  changed(id: string): void
  /** To be called every second: says how far the journal was read. */
  clock(): void
  close(): void
}

export interface StateFeedParts {
  devices: Pick<KnownDevices, 'get' | 'all' | 'revision'>
  /** As its history has it; `undefined`: it was not judged yet. */
  stateOf: (id: string) => { state: DeviceState; cause: StateCause | null } | undefined
  heardOf: (id: string) => LiveDevice | undefined
  /** Up to when the journal was read, ms. */
  clockMs: () => number
  now: () => number
}

/** A device as a listener was told of it last. */
interface Told {
  kind: Kind
  atMs: number
}

interface Listener {
  stream: Writable
  told: Map<string, Told>
  /** What has to be told, in the order in which it became due. */
  owed: Set<string>
  /** Devices at the beginning that were not told yet; `undefined`: all were. */
  first: Iterator<string> | undefined
  revision: number
}

const lookEveryMs = 100
/** In one turn of the event loop. */
const sliceMs = 4
/** Past this a listener gets its lines later; then the newest. */
const maxBufferedBytes = 1024 * 1024

export function createStateFeed({ devices, stateOf, heardOf, clockMs, now }: StateFeedParts): StateFeed {
  const listeners = new Set<Listener>()
  let timer: NodeJS.Timeout | undefined
  let turn: NodeJS.Immediate | undefined

  function stateLine(device: KnownDevice): StateLine {
    const { id, kind, lat, lon } = device
    const verdict = stateOf(id) ?? { state: 'unknown', cause: 'not-watched' }
    const moving = findProfile(device.profile)?.moving ?? false
    const told: ToldState = toldState(verdict, { lat, lon, moving }, heardOf(id))
    return { type: 'state', kind, id, atMs: now(), told }
  }

  /** The registry was changed: who is new, gone, or elsewhere. */
  function followRegistry(listener: Listener): void {
    if (listener.revision === devices.revision()) return
    listener.revision = devices.revision()
    for (const { id } of devices.all()) listener.owed.add(id)
    for (const id of listener.told.keys()) if (devices.get(id) === undefined) listener.owed.add(id)
  }

  function textOf(listener: Listener, id: string): string {
    const device = devices.get(id)
    const before = listener.told.get(id)
    const gone =
      before !== undefined && before.kind !== device?.kind ? lineText({ type: 'gone', kind: before.kind, id }) : ''
    if (device === undefined) {
      listener.told.delete(id)
      return gone
    }
    listener.told.set(id, { kind: device.kind, atMs: now() })
    return gone + lineText(stateLine(device))
  }

  function isDue({ told }: Listener, id: string): boolean {
    const atMs = told.get(id)?.atMs ?? 0
    // A clock that was set back must not hold it up.
    return Math.abs(now() - atMs) >= stateEveryMs
  }

  /** Devices that were not told yet, as far as there is room and time. */
  function tellFirst(listener: Listener, out: Outgoing): void {
    while (listener.first !== undefined && out.mayGoOn()) {
      const { value: id, done } = listener.first.next()
      if (done === true) {
        listener.first = undefined
        out.add(lineText({ type: 'end' }))
      } else {
        listener.owed.delete(id)
        out.add(textOf(listener, id))
      }
    }
  }

  function tellOwed(listener: Listener, out: Outgoing): void {
    for (const id of listener.owed) {
      if (!out.mayGoOn()) return
      if (!isDue(listener, id)) continue
      listener.owed.delete(id)
      out.add(textOf(listener, id))
    }
  }

  /** False: there is more to tell, at once. */
  function tell(listener: Listener, untilMs: number): boolean {
    const out = createOutgoing(listener.stream, untilMs)
    followRegistry(listener)
    tellFirst(listener, out)
    if (listener.first === undefined) tellOwed(listener, out)
    return out.send()
  }

  function look(): void {
    turn = undefined
    const untilMs = performance.now() + sliceMs
    let isDone = true
    for (const listener of listeners) isDone = tell(listener, untilMs) && isDone
    if (!isDone) turn = setImmediate(look)
  }

  function remove(listener: Listener): void {
    listeners.delete(listener)
    if (listeners.size === 0) close()
  }

  function close(): void {
    clearInterval(timer)
    clearImmediate(turn)
    timer = undefined
  }

  return {
    add(stream) {
      const ids = [...devices.all()].map(({ id }) => id)
      const first = ids.values()
      const listener = { stream, told: new Map(), owed: new Set<string>(), first, revision: devices.revision() }
      stream.on('error', () => stream.destroy())
      stream.on('close', () => remove(listener))
      stream.write(lineText({ type: 'clock', atMs: clockMs() }) + lineText({ type: 'begin' }))
      listeners.add(listener)
      timer ??= setInterval(() => {
        if (turn === undefined) look()
      }, lookEveryMs)
      look()
    },
    changed(id) {
      for (const { owed } of listeners) owed.add(id)
    },
    clock() {
      const text = lineText({ type: 'clock', atMs: clockMs() })
      for (const { stream } of listeners) stream.write(text)
    },
    close,
  }
}

interface Outgoing {
  add(text: string): void
  mayGoOn(): boolean
  /** False: it was stopped by the time. */
  send(): boolean
}

function createOutgoing(stream: Writable, untilMs: number): Outgoing {
  let text = ''
  const isFull = () => stream.writableLength + text.length > maxBufferedBytes
  const isOver = () => performance.now() > untilMs
  return {
    add(line) {
      text += line
    },
    mayGoOn: () => !isFull() && !isOver(),
    send() {
      if (text !== '') stream.write(text)
      return !isOver() || isFull()
    },
  }
}

function lineText(line: StateLine): string {
  return `${JSON.stringify(line)}\n`
}
