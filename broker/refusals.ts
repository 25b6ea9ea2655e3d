/** What was turned away at the door, by reason; never acknowledged, so no part of the pipeline's balance. */
export interface Refusals {
  count(reason: RefusalReason): void
  totals(): Record<string, number>
}

export type RefusalReason =
  | 'packet-too-large'
  | 'mqtt-5'
  | 'bad-client-id'
  | 'bad-credentials'
  | 'foreign-topic'
  | 'unknown-topic'
  | 'topic-too-long'
  | 'subscribe-denied'
  | 'journal-full'
  | 'not-reading'
  | 'protocol-error'
  | 'connect-timeout'

export function createRefusals(): Refusals {
  const totals = new Map<string, number>()
  return {
    count(reason) {
      totals.set(reason, (totals.get(reason) ?? 0) + 1)
    },
    totals: () => Object.fromEntries(totals),
  }
}
