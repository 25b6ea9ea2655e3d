import './answer-settings.ts'
import { auditListSchema } from '../../../contract/http/audit.ts'
import { commandListSchema, commandSchema } from '../../../contract/http/commands.ts'
import {
  deviceKeySchema,
  deviceListSchema,
  deviceSchema,
  devicesPatchedSchema,
} from '../../../contract/http/devices.ts'
import { claimAnswerSchema, pairingSchema } from '../../../contract/http/displays.ts'
import { maintenanceListSchema } from '../../../contract/http/maintenance.ts'
import {
  quarantineListSchema,
  refusedClientsSchema,
  retryResultSchema,
  serviceConnectionsSchema,
} from '../../../contract/http/pipeline.ts'
import { readingsSchema } from '../../../contract/http/readings.ts'
import { enrolmentSchema, ownSessionListSchema, recoveryCodesSchema } from '../../../contract/http/session.ts'
import { siteInfoSchema } from '../../../contract/http/site.ts'
import { eventsSchema, statesSchema } from '../../../contract/http/states.ts'
import { createdTokenSchema, tokenListSchema } from '../../../contract/http/tokens.ts'

/** What the server's answers are, by the names that pages ask for them. */
export const shapes = {
  audit: auditListSchema,
  claim: claimAnswerSchema,
  command: commandSchema,
  commands: commandListSchema,
  createdToken: createdTokenSchema,
  device: deviceSchema,
  deviceKey: deviceKeySchema,
  devices: deviceListSchema,
  devicesPatched: devicesPatchedSchema,
  enrolment: enrolmentSchema,
  events: eventsSchema,
  maintenance: maintenanceListSchema,
  pairing: pairingSchema,
  quarantine: quarantineListSchema,
  readings: readingsSchema,
  recoveryCodes: recoveryCodesSchema,
  refusedClients: refusedClientsSchema,
  serviceConnections: serviceConnectionsSchema,
  retryResult: retryResultSchema,
  site: siteInfoSchema,
  states: statesSchema,
  tokens: tokenListSchema,
  ownSessions: ownSessionListSchema,
} as const
