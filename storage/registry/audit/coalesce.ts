import type { Logger } from 'pino'
import type { Actor } from '../../../contract/http/audit.ts'
import type { AuditEntry, AuditLog } from './audit-log.ts'
import { createPeopleNotes } from './people-notes.ts'
import { createStrangerNotes } from './stranger-notes.ts'

/** Notes what may happen a thousand times a minute, without filling the log: none is left out, but many share a record. */
export interface CoalescingAudit {
  /**
   * The first of its kind is noted at once, further ones of the same minute as one record with their number. What is done
   * by somebody who is known always keeps who it was and to what; strangers have a room of their own. `apart` tells what
   * is written alike apart, and is not written.
   */
  note(actor: Actor, entry: AuditEntry, apart?: string): Promise<void>
  /** Writes what is still counted. */
  close(): Promise<void>
}

export interface CoalesceParts {
  audit: Pick<AuditLog, 'append'>
  log: Logger
  now: () => number
}

/** How often what was gathered is written: so much of it a fault of the machine can take. */
const lookEveryMs = 1000

export function createCoalescingAudit({ audit, log, now }: CoalesceParts): CoalescingAudit {
  const people = createPeopleNotes({ audit, now })
  const strangers = createStrangerNotes({ audit, now })
  const timer = setInterval(() => {
    Promise.all([people.flush(false), strangers.flush(false)]).catch((error: unknown) => {
      log.error({ err: error }, 'the audit could not be written')
    })
  }, lookEveryMs).unref()

  return {
    note: (actor, entry, apart) =>
      actor.startsWith('system:') ? strangers.note(actor, entry, apart) : people.note(actor, entry),
    async close() {
      clearInterval(timer)
      await people.flush(true)
      await strangers.flush(true)
    },
  }
}
