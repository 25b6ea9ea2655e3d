import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TelemetryStore } from '../../../contract/ports/telemetry.ts'
import { openSqliteStore } from '../../../storage/telemetry/sqlite/sqlite.ts'
import { describeTelemetryStore } from '../conformance/telemetry-store.ts'

const noServer = 'the embedded engine has no server that could go away'

/** Everything is sealed after each write: what is written next comes late into a sealed day. */
function sealingEagerly(path: string): TelemetryStore {
  let nowMs = 0
  const store = openSqliteStore({ path, sealing: { sealAfterMs: 0, now: () => nowMs } })
  let last = Promise.resolve()
  return {
    ...store,
    async write(readings) {
      // The first write finds open days; as long as it lasts it is 1970.
      const refused = await store.write(readings)
      nowMs = Date.UTC(2026, 0, 1)
      last = last.then(() => store.settle())
      await last
      return refused
    },
    async dropBefore(ms) {
      await store.dropBefore(ms)
      await store.settle()
    },
  }
}

describeTelemetryStore({
  name: 'sqlite, everything sealed',
  without: [
    { test: 'says that it is unavailable during an outage, and works again after it', reason: noServer },
    { test: 'opens during an outage, and works after it', reason: noServer },
  ],
  async prepare() {
    const dir = await mkdtemp(join(tmpdir(), 'bcc-test-'))
    return {
      open: async () => sealingEagerly(join(dir, 'hot.db')),
      remove: () => rm(dir, { recursive: true }),
    }
  },
})
