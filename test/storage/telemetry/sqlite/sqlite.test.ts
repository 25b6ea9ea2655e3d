import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSqliteStore } from '../../../../storage/telemetry/sqlite/sqlite.ts'
import { describeTelemetryStore } from '../../conformance/telemetry-store.ts'

describeTelemetryStore({
  name: 'sqlite',
  without: [
    {
      test: 'says that it is unavailable during an outage, and works again after it',
      reason: 'the embedded engine has no server that could go away',
    },
    {
      test: 'opens during an outage, and works after it',
      reason: 'the embedded engine has no server that could go away',
    },
  ],
  async prepare() {
    const dir = await mkdtemp(join(tmpdir(), 'bcc-test-'))
    return {
      open: async () => openSqliteStore({ path: join(dir, 'hot.db') }),
      remove: () => rm(dir, { recursive: true }),
    }
  },
})
