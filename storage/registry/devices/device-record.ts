import type { Selectable } from 'kysely'
import type { DevicePatch } from '../../../contract/http/devices.ts'
import type { RegisteredDevice } from '../../../contract/ports/directory.ts'
import type { DeviceTable } from './tables.ts'

/** Simulated devices live under ids of their own and are marked wherever they are seen. */
export const simulatedPrefix = 'sim-'

/** What is known of a device's proofs of who it is, but never a key. Times are ms since 1970. */
export interface KeyFacts {
  keyCreatedAtMs: number | null
  /** Last sign-in with its key; `null`: not used yet. */
  keyUsedAtMs: number | null
  /** The key before, while it still works. */
  oldKey: { createdAtMs: number; usedAtMs: number | null; untilMs: number } | null
  revokedAtMs: number | null
  /** Last sign-in with a certificate. */
  certificateUsedAtMs: number | null
  /** Certificates issued before are refused. */
  certificatesFromMs: number | null
}

/** All that the registry holds of a device. */
export interface DeviceRecord extends Omit<RegisteredDevice, 'maintenance'>, KeyFacts {
  createdAtMs: number
}

export function recordOf(row: Selectable<DeviceTable>): DeviceRecord {
  return {
    id: row.id,
    kind: row.kind,
    profile: row.profile,
    name: row.name,
    lat: row.lat,
    lon: row.lon,
    areaCode: row.area_code,
    parentId: row.parent_id,
    opd: row.opd,
    expectedS: row.expected_s,
    disabled: row.disabled === 1,
    simulated: row.id.startsWith(simulatedPrefix),
    createdAtMs: row.created_at_ms,
    ...keyFactsOf(row),
  }
}

/** Only what the patch names; `null` clears. */
export function patchColumns(patch: DevicePatch): Partial<DeviceTable> {
  return {
    ...(patch.name !== undefined && { name: patch.name }),
    ...(patch.lat !== undefined && { lat: patch.lat }),
    ...(patch.lon !== undefined && { lon: patch.lon }),
    ...(patch.areaCode !== undefined && { area_code: patch.areaCode }),
    ...(patch.parentId !== undefined && { parent_id: patch.parentId }),
    ...(patch.opd !== undefined && { opd: patch.opd }),
    ...(patch.expectedS !== undefined && { expected_s: patch.expectedS }),
    ...(patch.disabled !== undefined && { disabled: patch.disabled ? 1 : 0 }),
  }
}

/** The columns that {@link keyFactsOf} reads. */
export const keyFactColumns = [
  'id',
  'key_created_at_ms',
  'key_used_at_ms',
  'old_key_created_at_ms',
  'old_key_used_at_ms',
  'old_key_until_ms',
  'revoked_at_ms',
  'certificate_used_at_ms',
  'certificates_from_ms',
] as const satisfies readonly (keyof DeviceTable)[]

export function keyFactsOf(row: Pick<Selectable<DeviceTable>, (typeof keyFactColumns)[number]>): KeyFacts {
  const { old_key_created_at_ms: createdAtMs, old_key_until_ms: untilMs } = row
  return {
    keyCreatedAtMs: row.key_created_at_ms,
    keyUsedAtMs: row.key_used_at_ms,
    oldKey:
      createdAtMs === null || untilMs === null ? null : { createdAtMs, usedAtMs: row.old_key_used_at_ms, untilMs },
    revokedAtMs: row.revoked_at_ms,
    certificateUsedAtMs: row.certificate_used_at_ms,
    certificatesFromMs: row.certificates_from_ms,
  }
}
