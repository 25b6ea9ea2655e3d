import { z } from 'zod'
import { abilities } from '../../contract/abilities.ts'
import { createdTokenSchema, newTokenSchema, type Token, tokenListSchema } from '../../contract/http/tokens.ts'
import type { ServicesStatus } from '../../contract/ports/control.ts'
import { iso } from '../../contract/time.ts'
import type { Registry } from '../../storage/registry/registry.ts'
import type { TokenRecord } from '../../storage/registry/tokens/tokens.ts'
import { type Call, defineRoute, type Route, v1 } from '../http/route.ts'
import type { PipelineWatch } from '../pipeline/pipeline-watch.ts'

export interface TokenRouteParts {
  registry: Pick<Registry, 'as'>
  pipeline: Pick<PipelineWatch, 'broker'>
}

/** Tokens of machines and displays. */
export function tokenRoutes({ registry, pipeline }: TokenRouteParts): Route[] {
  const tag = 'tokens'
  const path = `${v1}/tokens`
  const tokensAs = ({ caller }: Call) => registry.as(caller().actor).tokens
  return [
    defineRoute({
      method: 'get',
      path,
      tag,
      summary: 'Tokens of machines and screens, without what proves them; of services how they fare over MQTT',
      access: abilities.tokens,
      input: {},
      answer: tokenListSchema,
      async handle(_input, call) {
        const records = await tokensAs(call).list()
        const isAsked = records.some(({ filters }) => filters !== undefined)
        const services = isAsked ? (await pipeline.broker())?.services : undefined
        return { items: records.map((record) => ({ ...tokenView(record), ...mqttOf(record, services) })) }
      },
    }),
    defineRoute({
      method: 'post',
      path,
      tag,
      summary: 'Make a token, shown this once',
      access: abilities.tokens,
      input: { body: newTokenSchema },
      status: 201,
      answer: createdTokenSchema,
      refusals: ['bad-token-name', 'bad-filters', 'token-exists'],
      async handle({ body }, call) {
        const { record, token } = await tokensAs(call).create(body)
        return { record: tokenView(record), token }
      },
    }),
    defineRoute({
      method: 'delete',
      path: `${path}/{name}`,
      tag,
      summary: 'Revoke a token; screens and services that use it are cut off',
      access: abilities.tokens,
      input: { params: z.object({ name: z.string().max(64) }) },
      refusals: ['unknown-token'],
      handle: ({ params }, call) => tokensAs(call).revoke(params.name),
    }),
  ]
}

/** Of a service. */
function mqttOf({ name, filters }: TokenRecord, services: ServicesStatus | undefined): Pick<Token, 'mqtt'> {
  if (filters === undefined) return {}
  if (services === undefined) return { mqtt: null }
  const { connections = 0, delivered = 0, dropped = 0 } = services.totals.find((one) => one.name === name) ?? {}
  return { mqtt: { connections, delivered, dropped } }
}

export function tokenView({ name, role, createdAtMs, expiresAtMs, usedAtMs, filters }: TokenRecord): Token {
  return {
    name,
    role,
    createdAt: iso(createdAtMs),
    expiresAt: iso(expiresAtMs),
    usedAt: iso(usedAtMs),
    ...(filters !== undefined && { filters }),
  }
}
