import type { Logger } from 'pino'
import type { CredentialStore, ServiceStore } from '../contract/ports/credentials.ts'
import type { FollowStates } from '../contract/ports/feed.ts'
import type { JournalWriter } from '../contract/ports/journal.ts'
import type { TlsSource } from '../contract/ports/tls.ts'
import type { ServiceLimits } from './services/services.ts'

/** Bounds of what one peer may ask for; every one is a setting (`runtime/limit-settings.ts`). */
export interface BrokerLimits extends ServiceLimits {
  /** Bytes of a first packet. */
  connectBytes: number
  /** Bytes of any later packet. */
  packetBytes: number
  topicBytes: number
  topicLevels: number
  clientIdBytes: number
  /** A longer keepalive, or none, counts as this. */
  keepaliveS: number
  /** Of one device. */
  messagesPerS: number
  messageBurst: number
  bytesPerS: number
  byteBurst: number
  connectionsPerAddress: number
  /** Connections of all addresses that have not said who they are. */
  pendingConnections: number
  /** Wrong keys of one user name from one address that are answered at once. */
  failedLoginsPerMinute: number
  /** Times that connections of one device may end each other. */
  takeoversPerMinute: number
  /** Commands that wait for one device. */
  queueMessages: number
  queueBytes: number
  retainedBytes: number
}

export interface TlsOptions {
  /** 0: any free port. */
  port: number
  source: TlsSource
  /** Nobody without a certificate of the source's authority comes in. */
  requireCertificate: boolean
}

export interface CoreOptions {
  topicRoot: string
  limits: BrokerLimits
  journal: JournalWriter
  credentials: CredentialStore
  /** Who may listen besides; absent: nobody. */
  services?: ServiceStore | undefined
  /** What `state` topics tell; absent: nothing. */
  followStates?: FollowStates | undefined
  /** File of what is kept of sessions; absent: nothing of it outlives the process. */
  sessionsPath?: string | undefined
  /** Over TLS nobody comes in by a key alone. */
  requireCertificate: boolean
  log: Logger
}

export interface BrokerOptions extends Omit<CoreOptions, 'requireCertificate'> {
  /** All connections, so that the process keeps files for itself; unbounded when absent. */
  maxConnections?: number
  host: string
  /** 0: any free port. */
  port: number
  tls?: TlsOptions | undefined
  /** Local socket for the api: `GET /status`, and MQTT over WebSocket handed on from the HTTP port. */
  socketPath: string
}

export interface RunningBroker {
  port: number
  /** Of MQTT over TLS. */
  tlsPort: number | undefined
  close(): Promise<void>
}
