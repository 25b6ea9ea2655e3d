import type { StoredReading } from '../../../contract/ports/telemetry.ts'
import { openSqliteStore } from '../../../storage/telemetry/sqlite/sqlite.ts'

export const sealingBaseMs = Date.UTC(2026, 10, 21)
const dayMs = 86_400_000
const everyMs = 120_000

/** Three buses, each moment of one day. */
export function* busesOfDay(day: number): Generator<StoredReading> {
  const startMs = sealingBaseMs + day * dayMs
  for (let tsMs = startMs; tsMs < startMs + dayMs; tsMs += everyMs) {
    for (const bus of [0, 1, 2]) {
      const turn = (tsMs / everyMs + bus * 17) % 720
      yield {
        deviceId: `bus-${bus}`,
        kind: 'bus',
        profile: 'trans-binjai-bus',
        areaCode: `12.75.0${bus + 1}`,
        tsMs: tsMs + bus,
        receivedAtMs: tsMs + 200 + (turn % 50),
        tsSource: turn % 97 === 0 ? 'server' : 'device',
        simulated: bus === 2,
        ...(turn % 11 !== 0 && { lat: 3.6 + turn / 100_000, lon: 98.48 + turn / 3 / 100_000 }),
        metrics: {
          ...(turn % 5 !== 0 && { speed_kmh: turn % 60 }),
          heading_deg: turn / 2,
          odometer_km: Math.round(tsMs / 60_000) / 10,
          hdop: turn / 7,
          ...(turn % 50 === 0 && { door_2: 1 }),
        },
      }
    }
  }
}

/** Run as a process: seals what lies in this database, until it is done or killed. */
if (import.meta.main) {
  const store = openSqliteStore({
    path: process.argv[2] ?? '',
    sealing: { sealAfterMs: 0, now: () => sealingBaseMs + 9 * dayMs },
  })
  process.send?.('ready')
  await store.settle()
  await store.close()
}
