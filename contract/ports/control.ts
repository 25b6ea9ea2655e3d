import type { Kind } from '../topics.ts'
import type { SignInReport, SignInsSeen } from './credentials.ts'
import type { JournalStatus } from './journal.ts'
import type { TlsStatus } from './tls.ts'

/** Who was refused at the door, or held back, and how often for this reason; text of strangers is made harmless. */
export interface RefusedClient {
  reason: string
  /** Device id, or the user name that was claimed; empty where none was. */
  userName: string
  clientId: string
  address: string
  count: number
  lastAtMs: number
}

/** What a device has to know besides the host. */
export interface MqttDoor {
  port: number
  /** `null`: no certificate is set. */
  tlsPort: number | null
  topicRoot: string
}

/** One connection of a service. */
export interface ServiceConnection {
  /** Name of its token. */
  name: string
  clientId: string
  address: string
  sinceMs: number
  /** What it subscribed to, at most 16 of them. */
  filters: string[]
  /** Of all filters. */
  subscriptions: number
  /** Messages handed to its socket. */
  delivered: number
  /** Messages that it was too slow for. */
  dropped: number
  /** Memory that its waiting messages take. */
  waitingBytes: number
}

/** All connections of one token, since the broker started. */
export interface ServiceTotals {
  name: string
  connections: number
  delivered: number
  /** Messages that it was too slow for, and those that still waited when a connection ended. */
  dropped: number
  /** When one was connected last. */
  seenAtMs: number
}

export interface ServicesStatus {
  connections: ServiceConnection[]
  totals: ServiceTotals[]
  /** Whether `state` topics tell the present: `off`: nobody asks; `away`: ingest does not answer. */
  states: 'off' | 'current' | 'away'
}

export interface BrokerStatus {
  connected: number
  /** By reason, since the broker started. */
  refused: Record<string, number>
  /** Newest first, at most 200. */
  refusedClients: RefusedClient[]
  /** Who listens, beside devices. */
  services: ServicesStatus
  journal: JournalStatus
  /** Plain MQTT listens beyond loopback. */
  open: boolean
  /** Where devices come in; `null`: it does not listen yet. */
  mqtt: MqttDoor | null
  /** `null`: no certificate is set. */
  tls: TlsStatus | null
}

/** A command on its way to its device. */
export interface CommandMessage {
  deviceId: string
  id: string
  name: string
  args?: unknown
  /** RFC 3339. Behind it nobody sends it any more. */
  expiresAt: string
}

/**
 * `acknowledged`: the device's client has it; `written`: it was sent to one that listens with QoS 0, or has no room to keep it,
 * and nobody hears whether it came;
 * `away`: the device does not listen, and nothing was sent; `over`: its time was, and nothing was sent; `unanswered`: it may
 * be on its way, and the same again does no harm.
 */
export type CommandDelivery = 'acknowledged' | 'written' | 'away' | 'over' | 'unanswered'

/** A reading by hand on its way into the journal. */
export interface ManualMessage {
  deviceId: string
  kind: Kind
  /** `user:NAME` */
  actor: string
  /** Flat JSON as a device would send it, with `role` and perhaps `note`. */
  payload: string
}

export interface BrokerControl {
  /** `undefined` while the broker is down. */
  status(): Promise<BrokerStatus | undefined>
  /** Who signed in with what since then; `undefined` while the broker is down. */
  signIns(seen: SignInsSeen | undefined): Promise<SignInReport | undefined>
  /** Puts an entry that says nothing into the journal; resolves once it is on disk, rejects when it will not be. */
  canary(): Promise<void>
  /** Which of these devices are connected and listen for commands; none while the broker is down. */
  listening(deviceIds: readonly string[]): Promise<string[]>
  /** Sends a command, if its device listens; tells after 10 s at the latest what became of it. Never rejects. */
  deliver(command: CommandMessage): Promise<CommandDelivery>
  /** Puts a reading by hand into the journal; resolves once it is on disk, rejects when nobody knows that it is. */
  enter(reading: ManualMessage): Promise<void>
  /** Hands an HTTP upgrade for `/mqtt` on to the broker; the arguments of Node's `upgrade` event. */
  upgrade(request: unknown, socket: unknown, head: unknown): void
}
