import type { Pipeline } from '../../../contract/http/pipeline.ts'
import { type Flow, readingsPerSecond } from '../../../domain/system/data-flow.ts'
import type { ServerClock } from '../connection/server-clock.ts'
import { createObservable, type Observable } from '../kit/observable.ts'

/** Window of the rate, ms. */
const rateOverMs = 10_000

export interface PresentFlow {
  /** `null`: nobody knows, before the server told and while it is away. */
  flow: Observable<Flow | null>
  apply(pipeline: Pipeline): void
  /** The server has gone: what was counted before is not the present. */
  lost(): void
}

/** Keeps the counters of the pipeline, with the rate at which readings come in. */
export function createPresentFlow({ clock }: { clock: Pick<ServerClock, 'monotonicMs'> }): PresentFlow {
  const flow = createObservable<Flow | null>(null)
  let rates: { atMs: number; received: number }[] = []
  return {
    flow,
    apply(pipeline) {
      const { received } = pipeline
      if (received === null) return flow.set({ pipeline, perSecond: null })
      const sample = { atMs: clock.monotonicMs(), received }
      rates = [...rates.filter((one) => sample.atMs - one.atMs <= rateOverMs), sample]
      const first = rates[0]
      const before = first === undefined || first === sample ? null : first
      flow.set({ pipeline, perSecond: readingsPerSecond(before, sample) })
    },
    lost: () => flow.set(null),
  }
}
