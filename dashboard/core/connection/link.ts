import { heartbeatLostMs } from '../../../contract/live.ts'
import type { ServerClock } from './server-clock.ts'

/** `connecting`: not one picture of the city yet. `lost`: what is on the screen is frozen. */
export type LinkPhase = 'connecting' | 'up' | 'lost'

export interface LinkView {
  phase: LinkPhase
  /** Server time of the last proof that it lives, ms; the moment at which the picture froze. */
  provenAtMs: number | null
  /** Server time of the return after a loss, ms. */
  restoredAtMs: number | null
  /** Server time at which this page began to ask. */
  startedAtMs: number
}

export interface Link {
  view(): LinkView
  /** A message of the server that carries its time. `snapshot`: with it the picture is whole again. */
  proof(atMs: number, snapshot?: boolean): void
  /** The connection is gone, and we know it. */
  closed(): void
  /** Looks at the clock; to be called at least once a second. */
  check(): void
}

/** A page that did not look for this long was itself blocked: what the server sent meanwhile is still waiting to be read. */
const blockedMs = 2000
const graceMs = 300

/**
 * Says whether the server is there. Only a message whose own time is at most 2.5 s old proves it: after a jam the
 * kernel hands over messages that are many seconds old, and they must not make an old picture look live. After a loss
 * the picture counts as live again only with a fresh snapshot.
 */
export function createLink(options: {
  clock: ServerClock
  resync: () => void
  onChange: (view: LinkView) => void
}): Link {
  const { clock } = options
  let provenAt = Number.NEGATIVE_INFINITY
  let awaitingSnapshot = true
  let asked = Number.NEGATIVE_INFINITY
  let checkedAt = Number.NEGATIVE_INFINITY
  let graceUntil = Number.NEGATIVE_INFINITY
  let view: LinkView = { phase: 'connecting', provenAtMs: null, restoredAtMs: null, startedAtMs: clock.nowMs() }

  const fresh = () => clock.monotonicMs() - provenAt <= heartbeatLostMs
  const offset = () => clock.nowMs() - clock.monotonicMs()

  function become(next: Partial<LinkView>): void {
    view = { ...view, ...next }
    options.onChange(view)
  }

  function rise(): void {
    const restoredAtMs = view.phase === 'lost' ? clock.nowMs() : null
    become({ phase: 'up', provenAtMs: provenAt + offset(), restoredAtMs })
  }

  function lose(): void {
    awaitingSnapshot = true
    if (view.phase === 'up') become({ phase: 'lost', provenAtMs: provenAt + offset(), restoredAtMs: null })
  }

  function askAgain(): void {
    if (clock.monotonicMs() - asked < heartbeatLostMs) return
    asked = clock.monotonicMs()
    options.resync()
  }

  return {
    view: () => view,
    proof(atMs, snapshot = false) {
      clock.observe(atMs)
      provenAt = Math.max(provenAt, Math.min(clock.toMonotonic(atMs), clock.monotonicMs()))
      if (snapshot) awaitingSnapshot = false
      if (view.phase === 'up') {
        view.provenAtMs = provenAt + offset()
        return
      }
      if (!fresh()) return
      if (awaitingSnapshot) askAgain()
      else rise()
    },
    closed: lose,
    check() {
      const now = clock.monotonicMs()
      if (now - checkedAt > blockedMs && checkedAt > 0) graceUntil = now + graceMs
      checkedAt = now
      if (now >= graceUntil && view.phase === 'up' && !fresh()) lose()
    },
  }
}
