import { badNetwork } from './bad-network.ts'
import { hangRoles } from './hang-roles.ts'
import { fuzzMqtt, hostilePayloads } from './hostile-input.ts'
import { journalDamage } from './journal-damage.ts'
import { killRoles } from './kill-roles.ts'
import { powerLoss } from './power-loss.ts'
import type { Scenario } from './scenario.ts'

/** In the order in which they run. */
export const scenarios: readonly Scenario[] = [killRoles, journalDamage, powerLoss, hangRoles, badNetwork]
