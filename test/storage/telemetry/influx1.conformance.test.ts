import { afterAll, beforeAll, describe } from 'vitest'
import { openInflux1 } from '../../../storage/telemetry/influx/influx1.ts'
import { missingProgram } from '../../support/influx/influx-process.ts'
import { type RunningInfluxd, startInfluxd } from '../../support/influx/influxd.ts'
import { describeTelemetryStore } from '../conformance/telemetry-store.ts'

describe.skipIf(missingProgram('influxd'))('with a real influxd 1.x', () => {
  let influxd: RunningInfluxd
  let grounds = 0

  beforeAll(async () => {
    influxd = await startInfluxd()
  })
  afterAll(() => influxd.close())

  describeTelemetryStore({
    name: 'influx1',
    async prepare() {
      grounds += 1
      const database = `city_${grounds}`
      return {
        open: async () => {
          const store = await openInflux1({ url: influxd.url, database })
          // One test opens it while the server is away.
          await store.confirm(undefined).catch(() => undefined)
          return store
        },
        outage: { begin: () => influxd.kill(), end: () => influxd.start() },
        remove: async () => {
          await influxd.query(`DROP DATABASE ${database}`)
        },
      }
    },
  })
})
