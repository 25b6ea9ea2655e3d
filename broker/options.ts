import type { Logger } from 'pino'
import type { CredentialStore, JournalWriter } from '../contract/ports.ts'

/** Bounds of what one peer may ask for; every one is a setting. */
export interface BrokerLimits {
  /** Bytes of a first packet. */
  connectBytes: number
  /** Bytes of any later packet. */
  packetBytes: number
  readingsPerMessage: number
  clientIdBytes: number
  keepaliveS: number
}

export interface TlsOptions {
  port: number
  cert: Buffer
  key: Buffer
  ca?: Buffer | undefined
}

export interface BrokerOptions {
  host: string
  /** 0: any free port. */
  port: number
  tls?: TlsOptions | undefined
  /** Local socket for the api: `GET /status`, and MQTT over WebSocket handed on from the HTTP port. */
  socketPath: string
  topicRoot: string
  limits: BrokerLimits
  journal: JournalWriter
  credentials: CredentialStore
  log: Logger
}

export interface RunningBroker {
  port: number
  close(): Promise<void>
}
