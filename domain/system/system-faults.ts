import type { Pipeline } from '../../contract/http/pipeline.ts'
import { dayMs } from '../../contract/time.ts'

type Certificate = 'certificate' | 'ca'

/** A fault of our own system, by its code, with what there is to say of it. */
export type SystemFault =
  | { code: 'broker' | 'ingest' | 'store' | 'journal' | 'open' | 'openHttp' | 'tlsFault' }
  | { code: `${Certificate}Ended` | `${Certificate}Soon` }
  /** Whole days to its end. */
  | { code: Certificate; days: number }
  /** `n` connections use the identity of one display. */
  | { code: 'display.several'; name: string; n: number }
  | { code: 'display.frozen' | 'display.gone'; name: string; forMs: number }

/** Days before its end at which a certificate is something to look at. */
const certificateDays = 30

/** Whole days to the end of a certificate, negative after it; `null` while it is far. */
export function daysToEnd(at: string, nowMs: number): number | null {
  const days = Math.floor((Date.parse(at) - nowMs) / dayMs)
  return days <= certificateDays ? days : null
}

function endFault(code: Certificate, at: string | null, nowMs: number): SystemFault[] {
  const days = at === null ? null : daysToEnd(at, nowMs)
  if (days === null) return []
  if (days < 0) return [{ code: `${code}Ended` }]
  return [days === 0 ? { code: `${code}Soon` } : { code, days }]
}

function certificateFaults(
  { notAfter, caNotAfter, fault }: NonNullable<Pipeline['certificate']>,
  nowMs: number,
): SystemFault[] {
  const found = [...endFault('certificate', notAfter, nowMs), ...endFault('ca', caNotAfter, nowMs)]
  if (fault !== null) found.push({ code: 'tlsFault' })
  return found
}

/** Faults of our own system that every wall must show while they last, the worst first. */
export function systemFaults(pipeline: Pipeline | undefined, nowMs: number): SystemFault[] {
  if (pipeline === undefined) return []
  const { broker, ingest, store, api, certificate } = pipeline
  const found: SystemFault[] = []
  if (!broker.up) found.push({ code: 'broker' })
  if (!ingest.up) found.push({ code: 'ingest' })
  if (!store.up) found.push({ code: 'store' })
  if (broker.journal.full) found.push({ code: 'journal' })
  if (broker.open) found.push({ code: 'open' })
  if (api.open) found.push({ code: 'openHttp' })
  return certificate === null ? found : [...found, ...certificateFaults(certificate, nowMs)]
}
