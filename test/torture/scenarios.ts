import { bigJournal } from './disk/big-journal.ts'
import { diskFull } from './disk/disk-full.ts'
import { failingDisk } from './disk/failing-disk.ts'
import { journalDamage } from './disk/journal-damage.ts'
import { powerLoss } from './disk/power-loss.ts'
import { sealing } from './disk/sealing.ts'
import { slowDisk } from './disk/slow-disk.ts'
import { thirtyDays } from './disk/thirty-days.ts'
import { flooder } from './hostile/flooder.ts'
import { fuzzHttp, httpFlood } from './hostile/hostile-http.ts'
import { fuzzMqtt, hostilePayloads } from './hostile/hostile-input.ts'
import { hostilePoints } from './hostile/hostile-points.ts'
import { oneKey } from './hostile/one-key.ts'
import { revocation } from './hostile/revocation.ts'
import { badNetwork } from './load/bad-network.ts'
import { burst } from './load/burst.ts'
import { dashboards } from './load/dashboards.ts'
import { flapping } from './load/flapping.ts'
import { loopHolds } from './load/loop-holds.ts'
import { slowScreens } from './load/slow-screens.ts'
import { soak } from './load/soak.ts'
import { storm } from './load/storm.ts'
import { stormTls } from './load/storm-tls.ts'
import { subscribers } from './load/subscribers.ts'
import { hangRoles } from './processes/hang-roles.ts'
import { influxOutage } from './processes/influx-outage.ts'
import { influxSchedules } from './processes/influx-schedules.ts'
import { killCommands } from './processes/kill-commands.ts'
import { killMosquitto } from './processes/kill-mosquitto.ts'
import { killRoles } from './processes/kill-roles.ts'
import { killSessions } from './processes/kill-sessions.ts'
import type { Scenario } from './scenario.ts'

/** In the order in which they run. */
export const scenarios: readonly Scenario[] = [
  killRoles,
  killSessions,
  killCommands,
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
  influxSchedules,
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
  subscribers,
  thirtyDays,
  sealing,
  soak,
]
