import type { Pipeline } from '../../../contract/http/pipeline.ts'
import type { TextKey, TextParams } from '../text/translate.ts'

/** A fault of our own, in a word of the screen's dictionary. */
export interface SystemFault {
  key: TextKey
  params?: TextParams
}

const dayMs = 86_400_000
/** Days before its end at which a certificate is something to look at. */
const certificateDays = 30

type Certificate = NonNullable<Pipeline['certificate']>

/** The end of a certificate is near or past; `null` while it is far. */
export function daysToEnd(at: string, nowMs: number): number | null {
  const days = Math.floor((Date.parse(at) - nowMs) / dayMs)
  return days <= certificateDays ? days : null
}

function endFault(name: 'certificate' | 'ca', at: string | null, nowMs: number): SystemFault[] {
  const days = at === null ? null : daysToEnd(at, nowMs)
  if (days === null) return []
  if (days < 0) return [{ key: `own.${name}Ended` }]
  return days === 0 ? [{ key: `own.${name}Soon` }] : [{ key: `own.${name}`, params: { days } }]
}

function certificateFaults({ notAfter, caNotAfter, fault }: Certificate, nowMs: number): SystemFault[] {
  const found = [...endFault('certificate', notAfter, nowMs), ...endFault('ca', caNotAfter, nowMs)]
  if (fault !== null) found.push({ key: 'own.tlsFault' })
  return found
}

/** Faults of our own that every wall must show while they last. */
export function systemFaults(pipeline: Pipeline | undefined, nowMs: number): SystemFault[] {
  if (pipeline === undefined) return []
  const { broker, ingest, store, api, certificate } = pipeline
  const found: SystemFault[] = []
  if (!broker.up) found.push({ key: 'own.broker' })
  if (!ingest.up) found.push({ key: 'own.ingest' })
  if (!store.up) found.push({ key: 'own.store' })
  if (broker.journal.full) found.push({ key: 'own.journal' })
  if (broker.open) found.push({ key: 'own.open' })
  if (api.open) found.push({ key: 'own.openHttp' })
  return certificate === null ? found : [...found, ...certificateFaults(certificate, nowMs)]
}
