import type { Generated } from 'kysely'
import type { Role, TokenRole } from '../../contract/roles.ts'
import type { Kind } from '../../contract/topics.ts'
import type { AuditRow } from './audit/record.ts'

/** Tables of the registry. Times are ms since 1970 UTC; flags are 0 and 1. */
export interface RegistrySchema {
  device: DeviceTable
  device_removed: { id: string; changed: number }
  counter: { name: string; last: number }
  person: PersonTable
  session: SessionTable
  login_link: { code_hash: Uint8Array; username: string; expires_at_ms: number }
  audit: AuditRow
  token: TokenTable
  display: DisplayTable
  wall: WallTable
  maintenance: MaintenanceTable
  maintenance_device: { maintenance_id: number; device_id: string }
  second_factor: SecondFactorDraftTable & { last_step: number }
  second_factor_draft: SecondFactorDraftTable
  recovery_code: { hash: Uint8Array; username: string }
}

export interface TokenTable {
  name: string
  role: TokenRole
  /** HMAC-SHA-256(pepper, token) */
  hash: Uint8Array
  created_at_ms: number
  expires_at_ms: number | null
  used_at_ms: number | null
}

export interface WallTable {
  id: string
  rev: number
  /** As the contract's WallSettings; JSON. */
  settings: string
}

export interface MaintenanceTable {
  id: Generated<number>
  from_ms: number
  /** Excluded. */
  until_ms: number
  reason: string
  /** As the audit names them. */
  made_by: string
  made_at_ms: number
}

export interface DisplayTable {
  name: string
  /** SHA-256 of what the screen holds. */
  identity_hash: Uint8Array
  created_at_ms: number
  renewed_at_ms: number
  seen_at_ms: number | null
  /** The identity before, while it still works. */
  old_identity_hash: Uint8Array | null
  old_until_ms: number | null
}

export interface SecondFactorDraftTable {
  username: string
  /** Encrypted with a key from the pepper. */
  secret: Uint8Array
  created_at_ms: number
}

export interface DeviceTable {
  id: string
  kind: Kind
  profile: string
  name: string
  lat: number | null
  lon: number | null
  area_code: string | null
  parent_id: string | null
  opd: string | null
  expected_s: number | null
  disabled: number
  created_at_ms: number
  /** HMAC-SHA-256(pepper, key); null once it is revoked. */
  key_hash: Uint8Array | null
  key_created_at_ms: number | null
  revoked_at_ms: number | null
  /** Number of the change that made its key. */
  revision: number
  /** Last sign-in with its key; null: not used yet. */
  key_used_at_ms: number | null
  /** The key before, while it still works. */
  old_key_hash: Uint8Array | null
  old_key_created_at_ms: number | null
  old_key_used_at_ms: number | null
  old_key_until_ms: number | null
  old_revision: number | null
  /** Number of the change since which its certificates are good: its revocation or its making. */
  certificate_revision: number
  /** Certificates issued before are refused: the moment of its last revocation. */
  certificates_from_ms: number | null
  certificate_used_at_ms: number | null
  /** Number of the last change of anything. */
  changed: number
}

export interface PersonTable {
  username: string
  role: Role
  password_hash: string
  created_at_ms: number
  password_changed_at_ms: number
}

export interface SessionTable {
  /** SHA-256 of the id in the cookie. */
  id_hash: Uint8Array
  username: string
  created_at_ms: number
  seen_at_ms: number
  /** Where it was opened; null: before this was kept. */
  address: string | null
  /** What the browser calls itself, shortened. */
  browser: string | null
}
