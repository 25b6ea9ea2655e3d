import type { Display, DisplayReport, DisplayState } from '../../contract/http/displays.ts'
import { iso } from '../../contract/time.ts'
import type { DisplayRecord } from '../../storage/registry/displays/displays.ts'

/**
 * What each display does at present, by what its page says of itself. One connection speaks for a display: the
 * one that was there first. Another that is there beside it says nothing about the display, but that there are two.
 */
export interface DisplayMonitor {
  connected(name: string, connection: string): void
  /** It answered, whatever it said: somebody is at its other end. */
  alive(name: string, connection: string): void
  disconnected(name: string, connection: string): void
  reported(name: string, connection: string, report: DisplayReport): void
  view(record: DisplayRecord): Display
  /** All registered displays as they are now; others are forgotten. */
  views(records: readonly DisplayRecord[]): Display[]
}

export interface DisplayMonitorParts {
  now: () => number
  /** Two connections have used the identity of this display for a while. */
  onDouble?: (name: string) => void
}

/** A page reports every 5 s: two reports missed, or nothing painted for as long, is a picture that stands still. */
export const frozenAfterMs = 12_000
/**
 * A page that comes back after its network was cut leaves a dead connection behind, which ends within 10 s. One that lives
 * longer beside another is a second one, and never speaks for the display.
 */
const secondAfterMs = 10_000

interface Connection {
  sinceMs: number
  heardAtMs: number
  paintedAtMs: number
  isSecond: boolean
}

interface Seen {
  connections: Map<string, Connection>
  /** The connection that speaks for the display. */
  speaker: string | undefined
  /** When the last speaker came or went. */
  changedAtMs: number
  heardAtMs: number
  report: DisplayReport | null
}

export function createDisplayMonitor({ now, onDouble }: DisplayMonitorParts): DisplayMonitor {
  const seen = new Map<string, Seen>()

  function of(name: string): Seen {
    const known = seen.get(name)
    if (known !== undefined) return known
    const at = now()
    const begun = { connections: new Map(), speaker: undefined, changedAtMs: at, heardAtMs: at, report: null }
    seen.set(name, begun)
    return begun
  }

  const speakerOf = (one: Seen): Connection | undefined => one.connections.get(one.speaker ?? '')

  function letSpeak(one: Seen, connection: string | undefined): void {
    one.speaker = connection
    one.changedAtMs = now()
  }

  function alive(name: string, connection: string): void {
    const one = of(name)
    if (one.speaker !== connection) return
    for (const [other, it] of one.connections) {
      if (other === connection || it.isSecond || now() - it.sinceMs < secondAfterMs) continue
      it.isSecond = true
      onDouble?.(name)
    }
  }

  function stateOf(one: Seen | undefined, record: DisplayRecord): { state: DisplayState; sinceMs: number | null } {
    if (one === undefined) return { state: record.seenAtMs === null ? 'unknown' : 'gone', sinceMs: record.seenAtMs }
    const speaker = speakerOf(one)
    if (speaker === undefined) return { state: 'gone', sinceMs: one.changedAtMs }
    const provenAtMs = Math.min(speaker.heardAtMs, speaker.paintedAtMs)
    if (now() - provenAtMs > frozenAfterMs) return { state: 'frozen', sinceMs: provenAtMs }
    return { state: 'live', sinceMs: one.changedAtMs }
  }

  function viewOf(record: DisplayRecord): Display {
    const one = seen.get(record.name)
    const { state, sinceMs } = stateOf(one, record)
    return {
      name: record.name,
      createdAt: iso(record.createdAtMs),
      seenAt: iso(one?.heardAtMs ?? record.seenAtMs),
      state,
      stateSince: iso(sinceMs),
      connections: one?.connections.size ?? 0,
      report: one?.report ?? null,
    }
  }

  return {
    alive,
    connected(name, connection) {
      const one = of(name)
      const at = now()
      // It is given the time of a report before anything is missed.
      one.connections.set(connection, { sinceMs: at, heardAtMs: at, paintedAtMs: at, isSecond: false })
      if (speakerOf(one) !== undefined) return
      one.heardAtMs = at
      letSpeak(one, connection)
    },
    disconnected(name, connection) {
      const one = of(name)
      if (!one.connections.delete(connection) || one.speaker !== connection) return
      const heir = [...one.connections].findLast(([, { isSecond }]) => !isSecond)?.[0]
      letSpeak(one, heir)
    },
    reported(name, connection, report) {
      const one = of(name)
      const it = one.connections.get(connection)
      if (it === undefined) return
      it.heardAtMs = now()
      it.paintedAtMs = now() - report.paintedAgoMs
      alive(name, connection)
      if (one.speaker !== connection) return
      one.heardAtMs = it.heardAtMs
      one.report = report
    },
    view: viewOf,
    views(records) {
      const names = new Set(records.map(({ name }) => name))
      for (const name of seen.keys()) if (!names.has(name)) seen.delete(name)
      return records.map(viewOf)
    },
  }
}
