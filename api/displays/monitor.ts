import type { Display, DisplayReport, DisplayState } from '../../contract/displays.ts'
import type { DisplayRecord } from '../registry/displays.ts'

/** What each screen of the wall does at present, by what its page says of itself. */
export interface DisplayMonitor {
  connected(name: string, connection: string): void
  disconnected(name: string, connection: string): void
  reported(name: string, report: DisplayReport): void
  view(record: DisplayRecord): Display
  /** All registered screens as they are now; others are forgotten. */
  views(records: readonly DisplayRecord[]): Display[]
}

/** A page reports every 5 s: two reports missed, or nothing painted for as long, is a picture that stands still. */
export const frozenAfterMs = 12_000

interface Seen {
  connections: Set<string>
  /** When the last connection came or went. */
  changedAtMs: number
  heardAtMs: number
  report: DisplayReport | null
  paintedAtMs: number
}

const iso = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString())

export function createDisplayMonitor({ now }: { now: () => number }): DisplayMonitor {
  const seen = new Map<string, Seen>()

  function of(name: string): Seen {
    const known = seen.get(name)
    if (known !== undefined) return known
    const at = now()
    const begun = { connections: new Set<string>(), changedAtMs: at, heardAtMs: at, report: null, paintedAtMs: at }
    seen.set(name, begun)
    return begun
  }

  function stateOf(one: Seen | undefined, record: DisplayRecord): { state: DisplayState; sinceMs: number | null } {
    if (one === undefined) return { state: record.seenAtMs === null ? 'unknown' : 'gone', sinceMs: record.seenAtMs }
    if (one.connections.size === 0) return { state: 'gone', sinceMs: one.changedAtMs }
    const provenAtMs = Math.min(one.heardAtMs, one.paintedAtMs)
    if (now() - provenAtMs > frozenAfterMs) return { state: 'frozen', sinceMs: provenAtMs }
    return { state: 'live', sinceMs: one.changedAtMs }
  }

  function viewOf(record: DisplayRecord): Display {
    const one = seen.get(record.name)
    const { state, sinceMs } = stateOf(one, record)
    return {
      name: record.name,
      createdAt: new Date(record.createdAtMs).toISOString(),
      seenAt: iso(one?.heardAtMs ?? record.seenAtMs),
      state,
      stateSince: iso(sinceMs),
      report: one?.report ?? null,
    }
  }

  return {
    connected(name, connection) {
      const one = of(name)
      const at = now()
      if (one.connections.size === 0) one.changedAtMs = at
      one.connections.add(connection)
      // It is given the time of a report before anything is missed.
      one.heardAtMs = at
      one.paintedAtMs = at
    },
    disconnected(name, connection) {
      const one = of(name)
      if (one.connections.delete(connection) && one.connections.size === 0) one.changedAtMs = now()
    },
    reported(name, report) {
      const one = of(name)
      one.heardAtMs = now()
      one.paintedAtMs = now() - report.paintedAgoMs
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
