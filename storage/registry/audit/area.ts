import type { Area } from '../area.ts'
import type { AuditLog } from './audit-log.ts'
import type { AuditSigner } from './signer.ts'
import { type AuditTables, auditMigrations } from './tables.ts'

/** The registry opens the log itself, since every area notes its changes in it. */
export const auditArea: Area<AuditTables, object, { audit: AuditLog; auditSigner: AuditSigner }> = {
  migrations: auditMigrations,
  open: ({ audit, auditSigner }) => ({ writers: () => ({}), members: { audit, auditSigner } }),
}
