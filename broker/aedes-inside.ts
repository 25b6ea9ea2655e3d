import type { EventEmitter } from 'node:events'
import type { Aedes, Client, PublishPacket } from 'aedes'

/**
 * What the gate touches of Aedes 1.2.0 and its types do not show. The version is pinned; `test/broker/` fails if a field
 * goes away or changes its meaning.
 */
export interface ClientInside {
  /** mqtt-packet's parser: `parse` cuts packets out of bytes, `packet` events go to the handlers. */
  _parser: EventEmitter & { parse(bytes: Buffer): number }
  /** Called back once for every packet that was handled, with what went wrong; also by `resume`. */
  _nextBatch: (error?: Error | null) => void
  /** Packets under way plus one before the first; the first packet is handled at once only if it is 1. */
  _parsingBatch: number
  /** A DISCONNECT packet came: the Will is not to be published. */
  _disconnected: boolean
  /** Ids of QoS 2 messages that are stored and wait for PUBREL. */
  _inboundInflight: Set<number>
  _keepaliveTimer: NodeJS.Timeout | null
  /** The Will of the CONNECT, before its sender is known. */
  _will?: { topic: string }
  /** The Will, once the connection is accepted; gone once it is published. */
  will: PublishPacket | null
  pause(): void
  resume(): void
  waitForDrain(callback: (error: Error | null, client: Client) => void): void
  /** What it was granted, by filter. */
  subscriptions: Record<string, { qos: number } | undefined>
  broker: Aedes
  /** Whether Aedes forgets what it sent; ours never does, and ends the session itself. */
  clean: boolean
  /** Identifier of the next packet that is sent. */
  _nextId: number
}

export function inside(client: Client): ClientInside {
  // The fields are there in the pinned version; the types do not show them.
  return client as unknown as ClientInside
}

interface BrokerInside {
  clients: Record<string, Client | undefined>
  unregisterClient(client: Client): void
  deleteClient(id: string): void
}

/**
 * Aedes removes whoever is registered under the id of a connection that ends, also when that is a newer one already.
 * Then a third would not find the second, and two would live side by side.
 */
export function removeOnlyItself(aedes: Aedes): void {
  // Private to the pinned version, as above.
  const broker = aedes as unknown as BrokerInside
  const remove = broker.unregisterClient.bind(aedes)
  broker.unregisterClient = (client) => {
    const present = broker.clients[client.id]
    remove(client)
    if (present !== undefined && present !== client) broker.clients[client.id] = present
  }
}
