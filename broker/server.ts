import { Aedes } from 'aedes'
import type { BrokerStatus } from '../contract/ports.ts'
import { createAdmission } from './admission.ts'
import { followConnections } from './connections.ts'
import { openControl } from './control.ts'
import { createLinkJournal } from './link-journal.ts'
import { openListeners } from './listeners.ts'
import type { BrokerOptions, RunningBroker } from './options.ts'
import { createPublishing } from './publishing.ts'
import { createRefusals } from './refusals.ts'
import { watchRevocations } from './revocation.ts'
import { createSessions } from './sessions.ts'
import { createSignIns } from './sign-ins.ts'

export type { BrokerOptions, RunningBroker } from './options.ts'

const connectTimeoutMs = 5000
const loopback = new Set(['127.0.0.1', '::1', 'localhost'])

/** The MQTT door. A PUBACK or PUBREC leaves only after the journal's sync: it is called back from `authorizePublish`. */
export async function startBroker(options: BrokerOptions): Promise<RunningBroker> {
  const { host, topicRoot, limits, journal, credentials, log } = options
  const refusals = createRefusals()
  const tellLink = createLinkJournal({ journal, log })
  const sessions = createSessions(topicRoot, tellLink)
  const revocation = watchRevocations({ credentials, sessions, log })
  const signIns = createSignIns()
  const admission = createAdmission({ limits, credentials, refusals, signIns, changes: revocation.changes, log })
  const publishing = createPublishing({ limits, journal, sessions, refusals })

  const aedes = await Aedes.createBroker({
    concurrency: 0,
    connectTimeout: connectTimeoutMs,
    drainTimeout: 2000,
    queueLimit: 1000,
    maxClientsIdLength: limits.clientIdBytes,
    preConnect: admission.preConnect,
    authenticate: admission.authenticate,
    authorizePublish: publishing.authorizePublish,
    authorizeSubscribe: publishing.authorizeSubscribe,
  })
  const { accept } = followConnections({
    aedes,
    limits,
    admission,
    sessions,
    refusals,
    doubted: revocation.look,
    changes: revocation.changes,
    log,
  })

  const status = (): BrokerStatus => ({
    connected: sessions.size,
    refused: refusals.totals(),
    journal: journal.status(),
    open: !loopback.has(host),
  })
  const control = await openControl({ socketPath: options.socketPath, status, signIns, accept })
  tellLink('', { event: 'broker-started' })
  const listeners = await openListeners({ host, port: options.port, tls: options.tls, accept })
  log.info({ host, port: listeners.port }, 'broker listens')

  return {
    port: listeners.port,
    async close() {
      revocation.stop()
      listeners.close()
      control.closeAllConnections()
      control.close()
      for (const session of sessions.all()) session.endReason = 'broker-closed'
      await new Promise<void>((resolve) => {
        aedes.close(() => resolve())
      })
      await journal.close()
    },
  }
}
