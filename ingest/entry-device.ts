import type { JournalEntry } from '../contract/ports/journal.ts'

/** Id of the device that an entry is about: it spoke itself, or a person read it by eye. Empty: all devices, or none. */
export function entryDevice({ type, principal, topic }: Pick<JournalEntry, 'type' | 'principal' | 'topic'>): string {
  return type === 'manual' ? (topic.split('/').at(-2) ?? '') : principal
}
