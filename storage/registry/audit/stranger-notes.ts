import type { Actor, AuditAction } from '../../../contract/http/audit.ts'
import type { AuditEntry, AuditLog } from './audit-log.ts'

interface Counted {
  actor: Actor
  entry: AuditEntry
  /** Beyond the one that has been noted. */
  more: number
  sinceMs: number
}

/** Past the room for kinds: where from exactly is lost; the number is not, nor which of our accounts it was about. */
interface Joined {
  count: number
  sinceMs: number
  targets: Map<string, number>
}

const windowMs = 60_000
/** Kinds at once, and of one address. */
const maxKinds = 100
const maxKindsOfAddress = 10
/** Accounts that a joined record names, those first that came first. */
const maxTargets = 50

/** What people do that nobody knows: they say what they like, so there is room for so much of it. */
export function createStrangerNotes({ audit, now }: { audit: Pick<AuditLog, 'append'>; now: () => number }) {
  const counted = new Map<string, Counted>()
  const ofAddress = new Map<string, number>()
  const joined = new Map<AuditAction, Joined>()

  /** False: no room for a kind of its own. */
  function takePlace({ detail }: AuditEntry): boolean {
    const address = addressIn(detail)
    const here = ofAddress.get(address) ?? 0
    if (counted.size >= maxKinds || here >= maxKindsOfAddress) return false
    ofAddress.set(address, here + 1)
    return true
  }

  function leavePlace({ detail }: AuditEntry): void {
    const address = addressIn(detail)
    const left = (ofAddress.get(address) ?? 1) - 1
    if (left > 0) ofAddress.set(address, left)
    else ofAddress.delete(address)
  }

  function join({ action, target }: AuditEntry): void {
    const one = joined.get(action) ?? { count: 0, sinceMs: now(), targets: new Map<string, number>() }
    joined.set(action, one)
    one.count += 1
    if (target === undefined) return
    const before = one.targets.get(target)
    if (before !== undefined || one.targets.size < maxTargets) one.targets.set(target, (before ?? 0) + 1)
  }

  async function flushJoined(isOver: (sinceMs: number) => boolean): Promise<void> {
    for (const [action, { count, sinceMs, targets }] of [...joined]) {
      if (!isOver(sinceMs)) continue
      joined.delete(action)
      const named = targets.size === 0 ? {} : { targets: Object.fromEntries(targets) }
      await audit.append('system:api', { action, detail: { others: true, more: count, ...named } })
    }
  }

  return {
    /** The same work whether or not it is about somebody who exists: nobody learns that by the time it takes. */
    async note(actor: Actor, entry: AuditEntry, apart = ''): Promise<void> {
      const key = JSON.stringify([actor, { ...entry, target: '' }, apart])
      const known = counted.get(key)
      if (known !== undefined) {
        known.more += 1
      } else if (takePlace(entry)) {
        counted.set(key, { actor, entry, more: 0, sinceMs: now() })
        await audit.append(actor, entry)
      } else join(entry)
    },

    async flush(all: boolean): Promise<void> {
      const isOver = (sinceMs: number) => all || now() - sinceMs >= windowMs
      for (const [key, { actor, entry, more, sinceMs }] of [...counted]) {
        if (!isOver(sinceMs)) continue
        counted.delete(key)
        leavePlace(entry)
        if (more > 0) await audit.append(actor, { ...entry, detail: { ...entry.detail, more } })
      }
      await flushJoined(isOver)
    },
  }
}

function addressIn({ address = '' }: Record<string, unknown> = {}): string {
  return String(address)
}
