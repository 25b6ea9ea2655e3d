import type { Express, RequestHandler } from 'express'
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { Pipeline } from '../../contract/http/pipeline.ts'
import type { ServicesStatus } from '../../contract/ports/control.ts'
import type { TlsStatus } from '../../contract/ports/tls.ts'
import type { Canary } from '../live/canary.ts'
import type { City } from '../live/city.ts'
import type { PipelineWatch } from '../pipeline/pipeline-watch.ts'
import type { DoorRefusal } from './door/door.ts'
import { keepFor } from './keep-for.ts'

export interface ApiMetrics {
  /** Times every request by its route, never by its path: ids do not become labels. */
  timing: RequestHandler
  clientCut: () => void
  refusedAtDoor: (reason: DoorRefusal) => void
  mount(app: Express): void
}

export interface ApiMetricsParts {
  city: City
  pipeline: PipelineWatch
  canary: Pick<Canary, 'newestAtMs'>
  clients: () => number
  now: () => number
}

/** However often somebody asks. */
const madeEveryMs = 1000

/** Figures for Prometheus at `/metrics`, on a register of their own. */
export function createApiMetrics({ city, pipeline, canary, clients, now }: ApiMetricsParts): ApiMetrics {
  const register = new Registry()
  const registers = [register]
  collectDefaultMetrics({ register })
  const requests = new Histogram({
    name: 'bcc_http_request_seconds',
    help: 'Time to answer a request, by route',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.005, 0.02, 0.1, 0.5, 2, 10],
    registers,
  })
  const cut = new Counter({ name: 'bcc_screens_cut_total', help: 'Screens that were cut off as stuck', registers })
  const gauge = (name: string, help: string, labelNames: string[] = []) =>
    new Gauge({ name, help, labelNames, registers })
  const turnedAway = new Counter({
    name: 'bcc_http_refused_total',
    help: 'Connections and requests that the HTTP door turned away, by reason',
    labelNames: ['reason'],
    registers,
  })
  const open = gauge('bcc_screens', 'Screens that are connected')
  const devices = gauge('bcc_devices', 'Registered devices by state', ['state'])
  const readings = gauge(
    'bcc_readings',
    'Readings since the first start, by what became of them; a message that waits in the journal counts as one',
    ['outcome'],
  )
  const rejected = gauge('bcc_readings_rejected', 'Readings refused since the first start, by reason', ['reason'])
  const refused = gauge('bcc_broker_refused', 'Refused at the door since the broker started, by reason', ['reason'])
  /** A gauge without labels begins at 0, which nobody has measured. */
  function measured(name: string, help: string): Gauge {
    const one = gauge(name, help)
    one.remove()
    return one
  }
  const lag = measured('bcc_pipeline_lag_seconds', 'Age of the oldest reading that is not in the store')
  const canaryAge = measured('bcc_canary_age_seconds', 'Age of the newest entry that came all the way through')
  const serviceConnections = gauge('bcc_service_connections', 'MQTT connections of a service, by its token', [
    'service',
  ])
  const serviceWaiting = gauge('bcc_service_waiting_bytes', 'Memory of messages that wait for a service', ['service'])
  const serviceMessages = gauge(
    'bcc_service_messages',
    'Messages for a service since the broker started, by what became of them',
    ['service', 'outcome'],
  )
  const ends = gauge('bcc_certificate_not_after_seconds', 'End of a TLS certificate, Unix time', ['certificate'])
  const tlsFault = gauge('bcc_certificate_fault', '1 while newer TLS files cannot be used')
  const disk = gauge('bcc_disk_bytes', 'Bytes of the store, and free on its disk', ['of'])
  const dropped = gauge('bcc_dropped', 'Readings and events let go since the first start', ['class', 'cause'])
  const up = gauge('bcc_up', 'Whether a part of the system works', ['part'])

  async function collect(): Promise<void> {
    const { received, stored, duplicates, waiting, ...rest } = await pipeline.read()
    setEach(readings, 'outcome', { received, stored, duplicates, waiting })
    setEach(rejected, 'reason', rest.rejected ?? {})
    setEach(refused, 'reason', rest.broker.refused)
    setEach(devices, 'state', city.countByState())
    for (const part of ['broker', 'ingest', 'store'] as const) up.set({ part }, rest[part].up ? 1 : 0)
    if (rest.lagMs !== null) lag.set(rest.lagMs / 1000)
    if (rest.storage !== null) setStorage(rest.storage)
    const canaryAtMs = canary.newestAtMs()
    if (canaryAtMs !== null) canaryAge.set((now() - canaryAtMs) / 1000)
    open.set(clients())
    setServices(pipeline.services())
    setCertificate(pipeline.tls())
  }

  /** Names of tokens that are no more go with what the broker tells. */
  function setServices({ connections, totals }: ServicesStatus): void {
    for (const one of [serviceConnections, serviceWaiting, serviceMessages]) one.reset()
    for (const { name: service, connections: open, delivered, dropped } of totals) {
      serviceConnections.set({ service }, open)
      serviceWaiting.set({ service }, 0)
      serviceMessages.set({ service, outcome: 'delivered' }, delivered)
      serviceMessages.set({ service, outcome: 'dropped' }, dropped)
    }
    for (const { name: service, waitingBytes } of connections) serviceWaiting.inc({ service }, waitingBytes)
  }

  function setCertificate(tls: TlsStatus | undefined): void {
    if (tls === undefined) return
    ends.set({ certificate: 'server' }, tls.notAfterMs / 1000)
    if (tls.caNotAfterMs !== null) ends.set({ certificate: 'ca' }, tls.caNotAfterMs / 1000)
    tlsFault.set(tls.fault === null ? 0 : 1)
  }

  function setStorage(storage: NonNullable<Pipeline['storage']>): void {
    const { hotBytes: hot, coldBytes: cold, freeBytes: free, outbox } = storage
    setEach(disk, 'of', { hot, cold, free, outbox: outbox.bytes })
    for (const { class: of, cause, points } of storage.dropped) dropped.set({ class: of, cause }, points)
  }

  return {
    timing(request, response, next) {
      const stop = requests.startTimer()
      response.on('finish', () => {
        const route: unknown = request.route?.path
        const named = typeof route === 'string' ? route : 'other'
        stop({ method: request.method, route: named, status: response.statusCode })
      })
      next()
    },
    clientCut: () => cut.inc(),
    refusedAtDoor: (reason) => turnedAway.inc({ reason }),
    mount(app) {
      const made = keepFor(madeEveryMs, now, async () => {
        await collect()
        return register.metrics()
      })
      app.get('/metrics', async (_request, response) => {
        response
          .set('Cache-Control', 'no-store')
          .type(register.contentType)
          .send(await made())
      })
    },
  }
}

/** What is not known is not told: no sample is better than a wrong one. */
function setEach(gauge: Gauge, label: string, counts: Record<string, number | null>): void {
  for (const [name, count] of Object.entries(counts)) if (count !== null) gauge.set({ [label]: name }, count)
}
