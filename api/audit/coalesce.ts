import type { Logger } from 'pino'
import type { Actor } from '../../contract/audit.ts'
import type { AuditEntry, AuditLog } from './audit-log.ts'

/** Notes what may happen a thousand times a minute, without filling the log: none is left out, but many share a record. */
export interface CoalescingAudit {
  /** The first of its kind is noted at once, further ones of the same minute as one record with their number. */
  note(actor: Actor, entry: AuditEntry): Promise<void>
  /** Writes what is still counted. */
  close(): Promise<void>
}

interface Counted {
  actor: Actor
  entry: AuditEntry
  /** Beyond the one that has been noted. */
  more: number
  sinceMs: number
}

const windowMs = 60_000
/** Kinds at once: past it, whatever is new joins one record for each action. */
const mostKinds = 100

export interface CoalesceParts {
  audit: Pick<AuditLog, 'append'>
  log: Logger
  now: () => number
}

export function createCoalescingAudit({ audit, log, now }: CoalesceParts): CoalescingAudit {
  const counted = new Map<string, Counted>()

  async function flush(all: boolean): Promise<void> {
    for (const [key, { actor, entry, more, sinceMs }] of [...counted]) {
      if (!all && now() - sinceMs < windowMs) continue
      counted.delete(key)
      if (more > 0) await audit.append(actor, { ...entry, detail: { ...entry.detail, more } })
    }
  }

  const timer = setInterval(() => {
    flush(false).catch((error: unknown) => log.error({ err: error }, 'the audit could not be written'))
  }, windowMs).unref()

  return {
    async note(actor, entry) {
      const key = JSON.stringify([actor, entry])
      const known = counted.get(key) ?? (counted.size < mostKinds ? undefined : joined(entry, now()))
      if (known !== undefined) {
        known.more += 1
        return
      }
      counted.set(key, { actor, entry, more: 0, sinceMs: now() })
      await audit.append(actor, entry)
    },
    async close() {
      clearInterval(timer)
      await flush(true)
    },
  }

  /** Too many kinds: who and what exactly is lost, the number is not. */
  function joined({ action }: AuditEntry, atMs: number): Counted {
    const known = counted.get(action)
    if (known !== undefined) return known
    const made = { actor: 'system:api' as const, entry: { action, detail: { others: true } }, more: 0, sinceMs: atMs }
    counted.set(action, made)
    return made
  }
}
