import { pino } from 'pino'
import { openCommandDesk } from '../../api/commands/desk.ts'
import { createDisplayMonitor } from '../../api/displays/monitor.ts'
import { createPairings } from '../../api/displays/pairings.ts'
import type { Route } from '../../api/http/route.ts'
import { createCity } from '../../api/live/city.ts'
import { createSlices } from '../../api/live/slices.ts'
import { createPipelineWatch } from '../../api/pipeline/pipeline-watch.ts'
import { apiRoutes } from '../../api/routes.ts'
import { createSiteInfo } from '../../api/site/site-info.ts'
import { unknownCityTime } from '../../domain/city-time.ts'
import { createOwnTurn } from '../../storage/own-turn.ts'
import type { Registry } from '../../storage/registry/registry.ts'
import { createOutside, openTestRegistry, siteDir } from './city-under-test.ts'

/** Nobody is counted. */
export const often = { note: async () => undefined, close: async () => undefined }

/** One that nobody drives. */
async function createIdleDesk(registry: Registry, { broker, states }: ReturnType<typeof createOutside>['ports']) {
  const desk = await openCommandDesk({ registry, broker, states, now: Date.now, log: pino({ level: 'silent' }) })
  desk.stop()
  return desk
}

/** The very list that the server mounts. */
export async function routeTable(): Promise<Route[]> {
  const registry = await openTestRegistry()
  const { ports } = createOutside()
  const city = createCity({ now: Date.now, inSlices: createSlices(createOwnTurn()), findProfile: () => undefined })
  return apiRoutes({
    ...{ registry, city, profiles: [], history: ports.history, siteDir, cityTime: unknownCityTime, now: Date.now },
    site: createSiteInfo({
      site: { name: '', brand: '', busService: null, topicRoot: 'kota/v1' },
      cityTime: unknownCityTime,
      ...{ version: '', build: '', mqtt: () => null, now: Date.now },
    }),
    states: ports.states,
    pipeline: createPipelineWatch({
      ...{ reader: ports.pipeline, brokerControl: ports.broker, now: Date.now },
      ...{ tls: undefined, open: false },
    }),
    reader: ports.pipeline,
    ingest: ports.ingest,
    broker: ports.broker,
    retentionMs: 365 * 86_400_000,
    signIn: { prove: () => Promise.reject(new Error('nobody')), mayUseLink: async () => false },
    lastAnchor: () => null,
    pairings: createPairings({ now: Date.now }),
    displayMonitor: createDisplayMonitor({ now: Date.now }),
    moveStream: () => undefined,
    often,
    followRegistry: async () => undefined,
    commandDesk: await createIdleDesk(registry, ports),
  })
}
