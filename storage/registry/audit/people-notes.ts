import type { Actor, AuditAction } from '../../../contract/http/audit.ts'
import type { AuditEntry, AuditLog } from './audit-log.ts'

/** What one somebody did in one way within a minute. */
interface Doing {
  actor: Actor
  action: AuditAction
  detail: Record<string, unknown> | undefined
  sinceMs: number
  /** Records of their own so far. */
  single: number
  /** How often more than once, by target. */
  more: Map<string | undefined, number>
  /** Targets that the next record names. */
  gathered: string[]
}

const windowMs = 60_000
/** Of one kind of doing of one somebody, in a minute; the targets of further ones share a record each second. */
const maxSingle = 30
/** Of one kind of doing, in a minute; what is past it is named again each time. */
const maxRemembered = 10_000
/** Of a record's detail, whose bound is 4,096 bytes. */
const maxTargetBytes = 3500

/** Who is known is never counted among others: as many of them as the registry has may do what they are asked for. */
export function createPeopleNotes({ audit, now }: { audit: Pick<AuditLog, 'append'>; now: () => number }) {
  const doings = new Map<string, Doing>()

  function doingOf(actor: Actor, { action, detail }: AuditEntry): Doing {
    const key = JSON.stringify([actor, action, detail])
    const known = doings.get(key)
    if (known !== undefined) return known
    const begun = { actor, action, detail, sinceMs: now(), single: 0, more: new Map(), gathered: [] }
    doings.set(key, begun)
    return begun
  }

  function nextRecord({ gathered }: Doing): string[] {
    let bytes = 0
    const end = gathered.findIndex((target) => {
      bytes += Buffer.byteLength(JSON.stringify(target)) + 1
      return bytes > maxTargetBytes
    })
    return gathered.splice(0, end < 0 ? gathered.length : Math.max(1, end))
  }

  async function writeGathered(doing: Doing): Promise<void> {
    while (doing.gathered.length > 0) {
      const targets = nextRecord(doing)
      try {
        await audit.append(doing.actor, { action: doing.action, detail: { ...doing.detail, targets } })
      } catch (error) {
        doing.gathered.unshift(...targets)
        throw error
      }
    }
  }

  async function end({ actor, action, detail, more }: Doing): Promise<void> {
    for (const [target, count] of more) {
      if (count === 0) continue
      await audit.append(actor, {
        action,
        ...(target !== undefined && { target }),
        detail: { ...detail, more: count },
      })
    }
  }

  return {
    async note(actor: Actor, entry: AuditEntry): Promise<void> {
      const doing = doingOf(actor, entry)
      const { target } = entry
      const before = doing.more.get(target)
      if (before !== undefined) {
        doing.more.set(target, before + 1)
        return
      }
      if (doing.more.size < maxRemembered) doing.more.set(target, 0)
      if (target === undefined || doing.single < maxSingle) {
        doing.single += 1
        await audit.append(actor, entry)
      } else doing.gathered.push(target)
    },

    /** Writes what was gathered, and the counts of minutes that are over; `all`: of every minute. */
    async flush(all: boolean): Promise<void> {
      for (const [key, doing] of [...doings]) {
        const over = all || now() - doing.sinceMs >= windowMs
        if (over) doings.delete(key)
        await writeGathered(doing)
        if (over) await end(doing)
      }
    },
  }
}
