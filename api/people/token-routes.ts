import { z } from 'zod'
import { abilities } from '../../contract/abilities.ts'
import { createdTokenSchema, newTokenSchema, type Token, tokenListSchema } from '../../contract/http/tokens.ts'
import { iso } from '../../contract/time.ts'
import type { Registry } from '../../storage/registry/registry.ts'
import type { TokenRecord } from '../../storage/registry/tokens/tokens.ts'
import { type Call, defineRoute, type Route, v1 } from '../http/route.ts'

/** Tokens of machines and displays. */
export function tokenRoutes({ registry }: { registry: Pick<Registry, 'as'> }): Route[] {
  const tag = 'tokens'
  const path = `${v1}/tokens`
  const tokensAs = ({ caller }: Call) => registry.as(caller().actor).tokens
  return [
    defineRoute({
      method: 'get',
      path,
      tag,
      summary: 'Tokens of machines and screens, without what proves them',
      access: abilities.tokens,
      input: {},
      answer: tokenListSchema,
      handle: async (_input, call) => ({ items: (await tokensAs(call).list()).map(tokenView) }),
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
      refusals: ['bad-token-name', 'token-exists'],
      async handle({ body }, call) {
        const { record, token } = await tokensAs(call).create(body)
        return { record: tokenView(record), token }
      },
    }),
    defineRoute({
      method: 'delete',
      path: `${path}/{name}`,
      tag,
      summary: 'Revoke a token; screens that use it are cut off',
      access: abilities.tokens,
      input: { params: z.object({ name: z.string().max(64) }) },
      refusals: ['unknown-token'],
      handle: ({ params }, call) => tokensAs(call).revoke(params.name),
    }),
  ]
}

export function tokenView({ name, role, createdAtMs, expiresAtMs, usedAtMs }: TokenRecord): Token {
  return {
    name,
    role,
    createdAt: iso(createdAtMs),
    expiresAt: iso(expiresAtMs),
    usedAt: iso(usedAtMs),
  }
}
