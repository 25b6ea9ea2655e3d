import { badNetwork } from './bad-network.ts'
import { bigJournal } from './big-journal.ts'
import { burst } from './burst.ts'
import { dashboards } from './dashboards.ts'
import { diskFull } from './disk-full.ts'
import { failingDisk } from './failing-disk.ts'
import { flapping } from './flapping.ts'
import { flooder } from './flooder.ts'
import { hangRoles } from './hang-roles.ts'
import { fuzzHttp, httpFlood } from './hostile-http.ts'
import { fuzzMqtt, hostilePayloads } from './hostile-input.ts'
import { hostilePoints } from './hostile-points.ts'
import { influxOutage } from './influx-outage.ts'
import { journalDamage } from './journal-damage.ts'
import { killMosquitto } from './kill-mosquitto.ts'
import { killRoles } from './kill-roles.ts'
import { killSessions } from './kill-sessions.ts'
import { loopHolds } from './loop-holds.ts'
import { oneKey } from './one-key.ts'
import { powerLoss } from './power-loss.ts'
import { revocation } from './revocation.ts'
import type { Scenario } from './scenario.ts'
import { sealing } from './sealing.ts'
import { slowDisk } from './slow-disk.ts'
import { slowScreens } from './slow-screens.ts'
import { soak } from './soak.ts'
import { storm } from './storm.ts'
import { stormTls } from './storm-tls.ts'
import { thirtyDays } from './thirty-days.ts'

/** In the order in which they run. */
export const scenarios: readonly Scenario[] = [
  killRoles,
  killSessions,
  killMosquitto,
  hangRoles,
  journalDamage,
  powerLoss,
  failingDisk,
  diskFull,
  slowDisk,
  bigJournal,
  badNetwork,
  influxOutage,
  fuzzMqtt,
  fuzzHttp,
  httpFlood,
  loopHolds,
  hostilePayloads,
  hostilePoints,
  revocation,
  storm,
  stormTls,
  burst,
  flooder,
  oneKey,
  flapping,
  dashboards,
  slowScreens,
  thirtyDays,
  sealing,
  soak,
]
