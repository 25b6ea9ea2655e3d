import type { Express } from 'express'
import type { Logger } from 'pino'
import type { z } from 'zod'
import type { readinessSchema } from '../../contract/http/pipeline.ts'
import type { StoreFault } from '../../contract/ports/telemetry.ts'
import { dayMs } from '../../contract/time.ts'
import type { Registry } from '../../storage/registry/registry.ts'
import type { PipelineWatch } from '../pipeline/pipeline-watch.ts'
import { keepFor } from './keep-for.ts'

export interface HealthParts {
  pipeline: PipelineWatch
  registry: Pick<Registry, 'check'>
  log: Logger
  now: () => number
}

type Readiness = z.output<typeof readinessSchema>
type Part = Readiness['parts'][number]

/** `/healthz`: this process answers. `/readyz`: every part of the system does its work. */
export function mountHealth(app: Express, parts: HealthParts): void {
  app.get('/healthz', (_request, response) => {
    response.set('Cache-Control', 'no-store').json({ status: 'ok' })
  })
  const readinessNow = keepFor(0, parts.now, () => readinessOf(parts))
  app.get('/readyz', async (_request, response) => {
    const readiness = await readinessNow()
    response
      .set('Cache-Control', 'no-store')
      .status(readiness.ready ? 200 : 503)
      .json(readiness)
  })
}

async function readinessOf({ pipeline, registry, log, now }: HealthParts): Promise<Readiness> {
  const [broker, api] = await Promise.all([brokerPart(pipeline), apiPart(registry, log)])
  const parts = [broker, ingestPart(pipeline), storePart(pipeline), api, ...tlsPart(pipeline, now())]
  return { ready: parts.every(({ ok }) => ok), parts }
}

async function brokerPart(pipeline: PipelineWatch): Promise<Part> {
  const status = await pipeline.broker()
  if (status === undefined) return { part: 'broker', ok: false, detail: 'does not answer' }
  if (status.journal.full) return { part: 'broker', ok: false, detail: 'the journal is full: nothing is acknowledged' }
  return { part: 'broker', ok: true, detail: `${status.connected} connected` }
}

function ingestPart(pipeline: PipelineWatch): Part {
  const { up, status } = pipeline.ingest()
  if (!up) return { part: 'ingest', ok: false, detail: 'does not answer' }
  return { part: 'ingest', ok: true, detail: status === undefined ? 'connected' : `lag ${Math.round(status.lagMs)} ms` }
}

function storePart(pipeline: PipelineWatch): Part {
  const { up, status } = pipeline.ingest()
  if (!up || status === undefined) return { part: 'store', ok: false, detail: 'unknown: ingest has not reported' }
  const { engine, up: storeUp, fault } = status.store
  // Who and where stands at /api/v1/pipeline: a store's own words may quote what it was sent, and anybody may read this.
  const why = fault === undefined ? '' : `: ${wordsOfFault[fault]}`
  return { part: 'store', ok: storeUp, detail: (storeUp ? engine : `${engine} does not work`) + why }
}

/** What to do, without names. */
const wordsOfFault: Record<StoreFault, string> = {
  login:
    'it refuses the login; set BCC_INFLUX_USER and BCC_INFLUX_PASSWORD (1.x) or BCC_INFLUX_TOKEN (2.x) to one that it knows',
  'write-right': 'the login may not write; give it the right to write to the database or bucket',
  'read-right': 'the login may not read, so that history comes from the embedded store; give it the right to read',
  'create-right':
    'the database or bucket is missing and the login may not make it; make it and give the login all rights on it',
  organisation: 'the organisation is not known; set BCC_INFLUX_ORG',
  server: 'what answers is no InfluxDB; correct BCC_INFLUX_URL or BCC_TELEMETRY',
}

/** A certificate that has ended keeps everybody out who comes over TLS; files that cannot be used keep nobody out yet. */
function tlsPart(pipeline: PipelineWatch, nowMs: number): Part[] {
  const tls = pipeline.tls()
  if (tls === undefined) return []
  const days = Math.floor((tls.notAfterMs - nowMs) / dayMs)
  const end = `the certificate ${days < 0 ? 'has ended' : `ends in ${days} days`}`
  // Which file it is stands in the log and at /api/v1/pipeline.
  const unused = tls.fault === null ? '' : `; newer files cannot be used: ${tls.fault.kind}`
  return [{ part: 'tls', ok: nowMs < tls.notAfterMs, detail: end + unused }]
}

async function apiPart(registry: Pick<Registry, 'check'>, log: Logger): Promise<Part> {
  try {
    await registry.check()
    return { part: 'api', ok: true, detail: 'registry readable' }
  } catch (error) {
    log.error({ err: error }, 'the registry cannot be read')
    return { part: 'api', ok: false, detail: 'the registry cannot be read' }
  }
}
