/** A stretch of time: its first millisecond, and the first that is no longer in it. */
export interface Span {
  fromMs: number
  untilMs: number
}

export function isWithin(span: Span | null, nowMs: number): boolean {
  return span !== null && span.fromMs <= nowMs && nowMs < span.untilMs
}

/** The same time as few stretches, in order: those that overlap or touch are one. */
export function unionOf(spans: readonly Span[]): Span[] {
  const union: Span[] = []
  for (const span of spans.toSorted((a, b) => a.fromMs - b.fromMs)) {
    const last = union.at(-1)
    if (last !== undefined && span.fromMs <= last.untilMs) last.untilMs = Math.max(last.untilMs, span.untilMs)
    else union.push({ ...span })
  }
  return union
}
