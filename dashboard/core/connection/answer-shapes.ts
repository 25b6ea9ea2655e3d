import './answer-settings.ts'
import { auditListSchema } from '../../../contract/http/audit.ts'
import {
  deviceKeySchema,
  deviceListSchema,
  deviceSchema,
  devicesPatchedSchema,
} from '../../../contract/http/devices.ts'
import { claimAnswerSchema, pairingSchema } from '../../../contract/http/displays.ts'
import { maintenanceListSchema } from '../../../contract/http/maintenance.ts'
import {
  createdTokenSchema,
  enrolmentSchema,
  ownSessionListSchema,
  quarantineListSchema,
  readingsSchema,
  recoveryCodesSchema,
  refusedClientsSchema,
  retryResultSchema,
  siteInfoSchema,
  tokenListSchema,
} from '../../../contract/http.ts'

/** What the server's answers are, by the names that pages ask for them. */
export const shapes = {
  audit: auditListSchema,
  claim: claimAnswerSchema,
  createdToken: createdTokenSchema,
  device: deviceSchema,
  deviceKey: deviceKeySchema,
  devices: deviceListSchema,
  devicesPatched: devicesPatchedSchema,
  enrolment: enrolmentSchema,
  maintenance: maintenanceListSchema,
  pairing: pairingSchema,
  quarantine: quarantineListSchema,
  readings: readingsSchema,
  recoveryCodes: recoveryCodesSchema,
  refusedClients: refusedClientsSchema,
  retryResult: retryResultSchema,
  site: siteInfoSchema,
  tokens: tokenListSchema,
  ownSessions: ownSessionListSchema,
} as const
