import type { Logger } from 'pino'
import { isLoopback } from '../../contract/net/loopback.ts'
import type { BrokerControl } from '../../contract/ports/control.ts'
import type { LiveFeed } from '../../contract/ports/feed.ts'
import type { TelemetryReader } from '../../contract/ports/telemetry.ts'
import type { TlsSource } from '../../contract/ports/tls.ts'
import { findProfile } from '../../contract/profiles/index.ts'
import { followRegistry, type RegistryFollower } from '../../storage/registry/follow.ts'
import type { Registry } from '../../storage/registry/registry.ts'
import type { CommandDesk } from '../commands/desk.ts'
import { createPipelineWatch, type PipelineWatch } from '../pipeline/pipeline-watch.ts'
import { type Canary, startCanary } from './canary.ts'
import { type City, createCity } from './city.ts'
import type { InSlices } from './slices.ts'

export interface LivePictureParts {
  registry: Pick<Registry, 'devices' | 'watch'>
  feed: LiveFeed
  history: Pick<TelemetryReader, 'latest'>
  broker: BrokerControl
  /** Address on which the api listens. */
  host: string
  tls?: TlsSource | undefined
  inSlices: InSlices
  /** Hears the feed too. */
  commandDesk: Pick<CommandDesk, 'applyFeed' | 'feedConnected'>
  now: () => number
  log: Logger
}

/** What the api knows of the present, and whether it can be known: all that the feed tells comes here. */
export interface LivePicture {
  city: City
  pipeline: PipelineWatch
  canary: Canary
  following: RegistryFollower
  /** Ends the feed. */
  unsubscribe(): void
}

/** The first answers wait so long for the newest stored readings. */
const seedWithinMs = 2000

/** Resolves when there is something to show. Rejects when the registry cannot be read. */
export async function startLivePicture(parts: LivePictureParts): Promise<LivePicture> {
  const { registry, feed, broker, host, tls, inSlices, commandDesk, now, log } = parts
  const city = createCity({ now, inSlices, findProfile })
  const following = await followRegistry(registry, city.applyRegistry)
  const pipeline = createPipelineWatch({
    brokerControl: broker,
    tls,
    now,
    open: tls === undefined && !isLoopback(host),
  })
  const canary = startCanary({ broker, now, log })
  const { promise: isTold, resolve: told } = Promise.withResolvers<void>()
  const unsubscribe = feed.subscribe({
    line(line) {
      pipeline.applyFeed(line)
      city.applyFeed(line)
      canary.applyFeed(line)
      commandDesk.applyFeed(line)
    },
    connected(up) {
      pipeline.feedConnected(up)
      commandDesk.feedConnected(up)
      if (up) told()
    },
  })
  await seedCity(city, parts, isTold)
  return { city, pipeline, canary, following, unsubscribe }
}

/**
 * Without the store the city is empty until ingest speaks; that must not keep the api from starting, and who was told by
 * ingest need not wait for the store.
 */
async function seedCity(city: City, { history, log }: LivePictureParts, isTold: Promise<void>): Promise<void> {
  const seeded = history.latest().then(city.seed, (error: unknown) => {
    log.warn({ err: error }, 'the store has not told the newest readings')
  })
  let timer: NodeJS.Timeout | undefined
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, seedWithinMs)
  })
  await Promise.race([seeded, late, isTold])
  clearTimeout(timer)
}
