import { afterAll, beforeAll, describe } from 'vitest'
import { openInflux2 } from '../../../storage/telemetry/influx/influx2.ts'
import { missingProgram } from '../../support/influx/influx-process.ts'
import { type RunningInflux2Gateway, startInflux2Gateway } from '../../support/influx/influx2-gateway.ts'
import { type RunningInfluxd, startInfluxd } from '../../support/influx/influxd.ts'
import { describeTelemetryStore } from '../conformance/telemetry-store.ts'

describe.skipIf(missingProgram('influxd'))('with the 2.x API in front of a real influxd 1.x', () => {
  let influxd: RunningInfluxd
  let gateway: RunningInflux2Gateway
  let grounds = 0
  const account = { org: 'pemko-binjai', token: 'a-token' }

  beforeAll(async () => {
    influxd = await startInfluxd()
    gateway = await startInflux2Gateway({ influxdUrl: influxd.url, ...account })
  })
  afterAll(async () => {
    await gateway.close()
    await influxd.close()
  })

  describeTelemetryStore({
    name: 'influx2',
    async prepare() {
      grounds += 1
      const bucket = `city_${grounds}`
      return {
        open: async () => {
          const store = await openInflux2({ url: gateway.url, ...account, bucket })
          // One test opens it while the server is away.
          await store.confirm(undefined).catch(() => undefined)
          return store
        },
        outage: { begin: () => influxd.kill(), end: () => influxd.start() },
        remove: async () => {
          await influxd.query(`DROP DATABASE ${bucket}`)
        },
      }
    },
  })
})
