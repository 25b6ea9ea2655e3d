import { z } from 'zod'
import { abilities } from '../../contract/abilities.ts'
import {
  pipelineSchema,
  type QuarantineItem,
  quarantineListSchema,
  quarantineQuerySchema,
  refusedClientsSchema,
  retryResultSchema,
  serviceConnectionsSchema,
} from '../../contract/http/pipeline.ts'
import { Refusal } from '../../contract/http/refusal.ts'
import type { IngestControl, PipelineReader, QuarantineRow } from '../../contract/ports/pipeline.ts'
import { iso } from '../../contract/time.ts'
import type { AuditLog } from '../../storage/registry/audit/audit-log.ts'
import type { CoalescingAudit } from '../../storage/registry/audit/coalesce.ts'
import { defineRoute, type Route, v1 } from '../http/route.ts'
import { forWall, type PipelineWatch } from './pipeline-watch.ts'

export interface PipelineRouteParts {
  audit: Pick<AuditLog, 'append'>
  often: CoalescingAudit
  pipeline: PipelineWatch
  reader: PipelineReader
  ingest: IngestControl
}

const rowId = z.string().regex(/^\d{1,15}$/, 'a number')
const maxText = 4096

export function pipelineRoutes({ audit, often, pipeline, reader, ingest }: PipelineRouteParts): Route[] {
  const tag = 'pipeline'
  return [
    defineRoute({
      method: 'get',
      path: `${v1}/pipeline`,
      tag,
      summary: 'Counters in readings since the first start: received = stored + duplicates + rejected + waiting',
      access: abilities.view,
      input: {},
      answer: pipelineSchema,
      async handle(_input, { caller }) {
        const all = await pipeline.read()
        return caller().role === 'wall' ? forWall(all) : all
      },
    }),
    defineRoute({
      method: 'get',
      path: `${v1}/pipeline/refused-clients`,
      tag,
      summary: "Who was refused at the broker's door or slowed down, newest first",
      access: abilities.console,
      input: {},
      answer: refusedClientsSchema,
      async handle() {
        const clients = (await pipeline.broker())?.refusedClients ?? []
        return { items: clients.map(({ lastAtMs, ...who }) => ({ ...who, lastAt: iso(lastAtMs) })) }
      },
    }),
    defineRoute({
      method: 'get',
      path: `${v1}/pipeline/services`,
      tag,
      summary: 'Programs that listen over MQTT, by connection, the oldest first; empty while the broker is away',
      access: abilities.console,
      input: {},
      answer: serviceConnectionsSchema,
      async handle() {
        const connections = (await pipeline.broker())?.services.connections ?? []
        return { items: connections.map(({ sinceMs, ...one }) => ({ ...one, since: iso(sinceMs) })) }
      },
    }),
    defineRoute({
      method: 'get',
      path: `${v1}/quarantine`,
      tag,
      summary: 'What was refused and why, newest first; a wall gets no payloads, and no words that name parts of them',
      access: abilities.view,
      input: { query: quarantineQuerySchema.extend({ cursor: rowId.optional() }) },
      answer: quarantineListSchema,
      async handle({ query: { reason, limit, cursor } }, { caller }) {
        const { rows, more } = await reader.quarantine({
          limit,
          ...(reason !== undefined && { reason }),
          ...(cursor !== undefined && { beforeId: Number(cursor) }),
        })
        const last = more ? rows.at(-1) : undefined
        const withPayload = caller().role !== 'wall'
        if (withPayload && rows.length > 0)
          await often.note(caller().actor, { action: 'quarantine.read', target: `${rows.at(-1)?.id}-${rows[0]?.id}` })
        return {
          items: rows.map((row) => quarantineItem(row, withPayload)),
          nextCursor: last === undefined ? null : String(last.id),
        }
      },
    }),
    defineRoute({
      method: 'post',
      path: `${v1}/quarantine/{id}/retry`,
      tag,
      summary: 'Give it a second chance, after the cause is mended',
      access: abilities.retryQuarantine,
      input: { params: z.object({ id: rowId }) },
      answer: retryResultSchema,
      refusals: ['unknown-quarantine-row', 'ingest-down'],
      async handle({ params }, { caller }) {
        // Before it is done: what happens without a record is worse than a record of what did not happen.
        await audit.append(caller().actor, { action: 'quarantine.retried', target: params.id })
        const result = await ingest.retry(Number(params.id)).catch((cause: unknown) => {
          throw new Refusal('ingest-down', undefined, { retryAfterS: 5, cause })
        })
        if (result === undefined) throw new Refusal('unknown-quarantine-row')
        return result
      },
    }),
  ]
}

function quarantineItem(row: QuarantineRow, withPayload: boolean): QuarantineItem {
  const payload = Buffer.from(row.payload)
  return {
    id: String(row.id),
    at: iso(row.atMs),
    topic: row.topic,
    deviceId: row.deviceId,
    reason: row.reason,
    // Its words name keys and values of the payload.
    detail: withPayload ? row.detail : '',
    readings: row.readings,
    bytes: payload.length,
    text: withPayload ? payload.toString('utf8').slice(0, maxText) : '',
    base64: withPayload ? payload.toString('base64') : '',
    retriedAt: iso(row.retriedAtMs),
  }
}
