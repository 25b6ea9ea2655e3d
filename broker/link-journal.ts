import type { Logger } from 'pino'
import type { JournalWriter, LinkChange } from '../contract/ports/journal.ts'

/** Puts what happens to connections into the journal, in order with the messages. */
export type TellLink = (principal: string, change: LinkChange) => void

export function createLinkJournal({ journal, log }: { journal: JournalWriter; log: Logger }): TellLink {
  return (principal, change) => {
    const payload = Buffer.from(JSON.stringify(change))
    const entry = {
      receivedAtMs: Date.now(),
      type: 'link',
      principal,
      topic: '',
      payload,
      qos: 0,
      dup: false,
      readings: 0,
    } as const
    journal.append(entry, (error) => {
      if (error !== undefined)
        log.warn({ principal, event: change.event, error: error.message }, 'link change not kept')
    })
  }
}
