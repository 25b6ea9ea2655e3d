import type { Selectable } from 'kysely'
import type { ServiceCredential, ServiceStore } from '../../../contract/ports/credentials.ts'
import type { RegistryDatabase } from '../schema.ts'
import type { TokenTable } from './tables.ts'
import { filtersOf, tokenHash } from './tokens.ts'

export interface ServiceStoreParts {
  db: RegistryDatabase
  pepper: Uint8Array
  now: () => number
  watch: ServiceStore['watch']
}

type Row = Selectable<TokenTable>

/** Names in one question, well below SQLite's 32,766 and PostgreSQL's 65,535 bound parameters. */
const namesPerQuery = 1000

/** Tokens of role `service`, as the broker asks for them. The database is asked for a keyed hash, so that no time tells of a token. */
export function createServiceStore({ db, pepper, now, watch }: ServiceStoreParts): ServiceStore {
  const all = db.selectFrom('token').selectAll().where('role', '=', 'service')

  function credentialOf(row: Row | undefined): ServiceCredential | undefined {
    if (row === undefined || row.filters === null || (row.expires_at_ms ?? Number.POSITIVE_INFINITY) <= now())
      return undefined
    // A part of the keyed hash: it proves nobody, and another token has another.
    const mark = Buffer.from(row.hash.subarray(0, 8)).toString('hex')
    return { service: row.name, mark, filters: filtersOf(row.filters), expiresAtMs: row.expires_at_ms }
  }

  return {
    async verify(service, token) {
      const row = await all.where('hash', '=', tokenHash(pepper, token)).executeTakeFirst()
      return row?.name === service ? credentialOf(row) : undefined
    },

    find: async (service) => credentialOf(await all.where('name', '=', service).executeTakeFirst()),

    async ended(credentials) {
      const names = [...new Set(credentials.map(({ service }) => service))]
      const marks = new Map<string, string>()
      for (let start = 0; start < names.length; start += namesPerQuery) {
        const some = names.slice(start, start + namesPerQuery)
        for (const row of await all.where('name', 'in', some).execute()) {
          const good = credentialOf(row)
          if (good !== undefined) marks.set(good.service, good.mark)
        }
      }
      return credentials.filter(({ service, mark }) => marks.get(service) !== mark)
    },

    watch,
  }
}
