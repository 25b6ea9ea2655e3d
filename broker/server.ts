import type { BrokerStatus } from '../contract/ports.ts'
import { openControl } from './control.ts'
import { startCore } from './core.ts'
import { createDoorkeeper } from './doorkeeper.ts'
import { openListeners } from './listeners.ts'
import { mostConnections } from './open-files.ts'
import type { BrokerOptions, RunningBroker } from './options.ts'

export type { BrokerOptions, RunningBroker } from './options.ts'

const loopback = new Set(['127.0.0.1', '::1', 'localhost'])

/** The MQTT door. A PUBACK or PUBREC leaves only after the journal's sync: it is called back from `authorizePublish`. */
export async function startBroker(options: BrokerOptions): Promise<RunningBroker> {
  const { host, limits, journal, log } = options
  const core = await startCore(options)
  const { accept, refusals, sessions, signIns } = core
  const doorkeeper = createDoorkeeper({
    limits: { ...limits, connections: mostConnections() },
    refused: refusals.count,
  })
  const status = (): BrokerStatus => ({
    connected: sessions.size,
    refused: refusals.totals(),
    refusedClients: refusals.clients(),
    journal: journal.status(),
    open: !loopback.has(host),
  })
  const control = await openControl({ socketPath: options.socketPath, status, signIns, doorkeeper, accept })
  const listeners = await openListeners({ host, port: options.port, tls: options.tls, doorkeeper, accept, log })
  log.info({ host, port: listeners.port }, 'broker listens')

  return {
    port: listeners.port,
    async close() {
      listeners.close()
      control.closeAllConnections()
      control.close()
      await core.close()
    },
  }
}
