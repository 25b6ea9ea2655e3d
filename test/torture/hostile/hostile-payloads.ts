import { type Random, sample } from '../../../firmware-sim/random.ts'
import { normalize } from '../../../ingest/adapters/index.ts'
import { localPartition } from '../../../storage/journal/local-partition.ts'
import { busTopic, countersOf, message, morningMs, openEngine } from '../../support/storage/engine-under-test.ts'
import { imbalanceOf } from '../stored.ts'
import { hostilePayload } from './payload-makers.ts'

export interface PayloadFigures {
  payloads: number
  /** Out of `normalize` or the pipeline, which must never throw. */
  thrown: number
  /** Properties that `Object.prototype` and `Array.prototype` have now and had not before. */
  polluted: number
  /** received - stored - duplicates - sum(rejected). */
  imbalance: number
  stored: number
  slowestMs: number
}

const perBatch = 200
const topics = [busTopic, busTopic.replace('telemetry', 'status'), busTopic.replace('telemetry', 'event')]

/** Payloads through the real `normalize`, and through the real pipeline into a database in `dir`. */
export function throwPayloads(order: {
  count: number
  random: Random
  dir: string
  log?: (line: string) => void
}): PayloadFigures {
  const { count, random, dir, log = () => undefined } = order
  const under = openEngine(dir)
  const prototypes = () => [Object.prototype, Array.prototype].flatMap((one) => Object.getOwnPropertyNames(one)).length
  const before = prototypes()
  const figures = { payloads: 0, thrown: 0, slowestMs: 0 }
  let { seq, cum } = under.engine.ledger.position(localPartition)
  while (figures.payloads < count) {
    const entries = Array.from({ length: Math.min(perBatch, count - figures.payloads) }, () => {
      const [topic = busTopic] = random() < 0.8 ? topics : sample(topics, 1, random)
      const payload = hostilePayload(random)
      return message('', { topic, payload })
    })
    for (const { topic, payload } of entries) {
      const startedMs = performance.now()
      try {
        normalize(topic, payload, { topicRoot: 'binjai/v1', receivedAt: morningMs })
      } catch {
        figures.thrown += 1
      }
      figures.slowestMs = Math.max(figures.slowestMs, performance.now() - startedMs)
    }
    seq += 1
    const readings = entries.reduce((sum, entry) => sum + entry.readings, 0)
    cum += readings
    try {
      under.engine.processBatches([{ partition: localPartition, seq, cum, readings, entries }])
    } catch {
      figures.thrown += 1
    }
    figures.payloads += entries.length
    if (figures.payloads % 10_000 < perBatch) log(`${figures.payloads} of ${count} payloads`)
  }
  const counters = countersOf(under, cum)
  under.close()
  return {
    ...figures,
    stored: counters.stored,
    polluted: prototypes() - before,
    imbalance: imbalanceOf(counters) + counters.waiting,
  }
}
