import { createServer } from 'node:net'
import { join } from 'node:path'
import { pino } from 'pino'
import { startBrokerCore } from '../../../broker/core.ts'
import { readConfig } from '../../../runtime/config.ts'
import { brokerLimits } from '../../../runtime/limit-settings.ts'
import { openJournalWriter } from '../../../storage/journal/writer.ts'

/** A process that is a broker and sends the commands that it is told, until it is killed. */
const [dir = ''] = process.argv.slice(2)
const credential = { kind: 'bus', proof: 'key', revision: 1, since: 1 } as const
const core = await startBrokerCore({
  topicRoot: 'binjai/v1',
  limits: brokerLimits(readConfig({}).settings),
  requireCertificate: false,
  sessionsPath: join(dir, 'broker', 'sessions.db'),
  journal: openJournalWriter({ dir: join(dir, 'journal'), quotaBytes: 1e9 }),
  credentials: {
    verify: async (deviceId) => ({ ...credential, deviceId }),
    verifyCertificate: async () => 'unknown-device',
    judge: async (credentials) => new Map(credentials.map((one) => [one, 'good'] as const)),
    watch: () => () => undefined,
  },
  log: pino({ level: 'silent' }),
})
const server = createServer({ allowHalfOpen: true }, (socket) =>
  core.accept(socket, { address: '127.0.0.1', settle: () => undefined }),
)
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  process.send?.({ port: typeof address === 'object' ? address?.port : 0 })
})

process.on('message', ({ topic, payload, qos }: { topic: string; payload: string; qos: 1 | 2 }) => {
  core.aedes.publish({ cmd: 'publish', topic, payload, qos, retain: false, dup: false }, () =>
    process.send?.({ waits: payload }),
  )
})
