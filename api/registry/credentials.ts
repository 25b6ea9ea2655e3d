import type { CredentialStore } from '../../contract/ports.ts'
import type { RegistryDatabase } from './database.ts'
import type { DeviceKeys } from './device-keys.ts'

/** Ids in one question, well below SQLite's 32,766 and PostgreSQL's 65,535 bound parameters. */
const idsPerQuery = 1000

export interface CredentialParts {
  db: RegistryDatabase
  keys: DeviceKeys
  watch: CredentialStore['watch']
}

/** The registry as the broker asks it. The key is compared as it was shown: the bytes of its base64url text. */
export function createCredentials({ db, keys, watch }: CredentialParts): CredentialStore {
  return {
    async verify(deviceId, key) {
      const row = await db
        .selectFrom('device')
        .select(['kind', 'revision', 'key_hash'])
        .where('id', '=', deviceId)
        .executeTakeFirst()
      if (!keys.matches(key, row?.key_hash) || row === undefined) return undefined
      return { deviceId, kind: row.kind, revision: row.revision }
    },

    async revisions(deviceIds) {
      const found = new Map<string, number>()
      for (let start = 0; start < deviceIds.length; start += idsPerQuery) {
        const rows = await db
          .selectFrom('device')
          .select(['id', 'revision'])
          .where('id', 'in', deviceIds.slice(start, start + idsPerQuery))
          .where('key_hash', 'is not', null)
          .execute()
        for (const row of rows) found.set(row.id, row.revision)
      }
      return found
    },

    watch,
  }
}
