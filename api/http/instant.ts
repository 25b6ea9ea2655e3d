import { Refusal } from '../../contract/http/refusal.ts'

/** The schema lets through RFC 3339 with zone, or ms since 1970. */
function instantMs(text: string): number {
  return /^\d+$/.test(text) ? Number(text) : Date.parse(text)
}

/** Span that a caller asks for: up to now where it says nothing, and `defaultMs` long. @throws Refusal `invalid-range` */
export function spanOf(
  { from, to }: { from?: string | undefined; to?: string | undefined },
  { nowMs, defaultMs }: { nowMs: number; defaultMs: number },
): { fromMs: number; toMs: number } {
  const toMs = to === undefined ? nowMs : instantMs(to)
  const fromMs = from === undefined ? toMs - defaultMs : instantMs(from)
  if (fromMs >= toMs) throw new Refusal('invalid-range', '"from" must be before "to".')
  return { fromMs, toMs }
}
