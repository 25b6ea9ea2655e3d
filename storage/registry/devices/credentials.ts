import type {
  CertificateClaim,
  CredentialStatus,
  CredentialStore,
  DeviceCredential,
} from '../../../contract/ports/credentials.ts'
import type { RegistryDatabase } from '../schema.ts'
import type { DeviceKeys } from './device-keys.ts'
import { simulatedPrefix } from './device-record.ts'
import type { DeviceTable } from './tables.ts'

/** Ids in one question, well below SQLite's 32,766 and PostgreSQL's 65,535 bound parameters. */
const idsPerQuery = 1000

export interface CredentialParts {
  db: RegistryDatabase
  keys: DeviceKeys
  now: () => number
  watch: CredentialStore['watch']
  /** Devices with ids of simulated ones may sign in. */
  allowSimulated: boolean
}

type Rights = Pick<
  DeviceTable,
  | 'id'
  | 'key_hash'
  | 'revision'
  | 'old_key_hash'
  | 'old_revision'
  | 'old_key_until_ms'
  | 'revoked_at_ms'
  | 'certificate_revision'
>
type Found = Rights & Pick<DeviceTable, 'kind' | 'certificates_from_ms'>
const rightColumns = [
  ...(['id', 'key_hash', 'revision', 'old_key_hash', 'old_revision'] as const),
  ...(['old_key_until_ms', 'revoked_at_ms', 'certificate_revision'] as const),
]

/** The registry as the broker asks it. The key is compared as it was shown: the bytes of its base64url text. */
export function createCredentials({ db, keys, now, watch, allowSimulated }: CredentialParts): CredentialStore {
  const mayExist = (deviceId: string) => allowSimulated || !deviceId.startsWith(simulatedPrefix)

  // Put into words once: a whole city may come back in the same second.
  const found = db
    .selectFrom('device')
    .select([...rightColumns, 'kind', 'certificates_from_ms'])
    .where('id', '=', '')
    .compile()

  async function find(deviceId: string) {
    const { rows } = await db.executeQuery<Found>({ ...found, parameters: [deviceId] })
    return rows[0]
  }

  return {
    async verify(deviceId, key) {
      const row = await find(deviceId)
      const old = row !== undefined && isOldKeyGood(row, now()) ? row.old_key_hash : null
      const which = keys.match(key, [row?.key_hash, old])
      if (which === undefined || row === undefined || !mayExist(deviceId)) return undefined
      const revision = which === 0 ? row.revision : (row.old_revision ?? row.revision)
      return { deviceId, kind: row.kind, proof: 'key', revision, since: row.certificate_revision }
    },

    async verifyCertificate({ deviceId, notBeforeMs }: CertificateClaim) {
      const row = await find(deviceId)
      if (row === undefined || !mayExist(deviceId)) return 'unknown-device'
      if (row.revoked_at_ms !== null) return 'revoked'
      if (row.certificates_from_ms !== null && notBeforeMs < row.certificates_from_ms) return 'revoked'
      const since = row.certificate_revision
      return { deviceId, kind: row.kind, proof: 'certificate', revision: since, since }
    },

    async judge(credentials) {
      const rights = new Map<string, Rights>()
      const ids = [...new Set(credentials.map(({ deviceId }) => deviceId))]
      for (let start = 0; start < ids.length; start += idsPerQuery) {
        const some = ids.slice(start, start + idsPerQuery)
        const rows = await db.selectFrom('device').select(rightColumns).where('id', 'in', some).execute()
        for (const row of rows) rights.set(row.id, row)
      }
      const nowMs = now()
      return new Map(
        credentials.map((credential) => [credential, standing(credential, rights.get(credential.deviceId), nowMs)]),
      )
    },

    watch,
  }
}

function isOldKeyGood(row: Pick<Rights, 'old_key_hash' | 'old_key_until_ms'>, nowMs: number): boolean {
  return row.old_key_hash !== null && row.old_key_until_ms !== null && nowMs < row.old_key_until_ms
}

function standing({ proof, revision }: DeviceCredential, row: Rights | undefined, nowMs: number): CredentialStatus {
  if (row === undefined || row.revoked_at_ms !== null) return 'revoked'
  // Revoked, or removed and registered again, and given a new key since.
  if (revision < row.certificate_revision) return 'revoked'
  if (proof === 'certificate' || (row.key_hash !== null && revision === row.revision)) return 'good'
  return isOldKeyGood(row, nowMs) && revision === row.old_revision ? 'good' : 'ended'
}
